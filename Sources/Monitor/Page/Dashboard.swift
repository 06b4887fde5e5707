/// The dashboard: one page at `/`, and the styles and scripts that it loads from `/assets/`, all of which the executable
/// carries within it. It shows what the REST interface tells, and nothing else: what it can, a script can.
enum Dashboard {
    static let page = Asset("text/html; charset=utf-8", PackageResources.index_html)

    static let assets: [String: Asset] = Dictionary(
        uniqueKeysWithValues: [
            ("app.css", Asset("text/css; charset=utf-8", PackageResources.app_css)),
            ("icon.svg", Asset("image/svg+xml", PackageResources.icon_svg)),
        ] + scripts.map { ("\($0).js", Asset("text/javascript; charset=utf-8", $1)) }
    )

    private static let scripts = [
        ("api", PackageResources.api_js),
        ("app", PackageResources.app_js),
        ("ask", PackageResources.ask_js),
        ("broker", PackageResources.broker_js),
        ("bulk", PackageResources.bulk_js),
        ("chart", PackageResources.chart_js),
        ("content", PackageResources.content_js),
        ("copy", PackageResources.copy_js),
        ("dom", PackageResources.dom_js),
        ("events", PackageResources.events_js),
        ("failures", PackageResources.failures_js),
        ("figures", PackageResources.figures_js),
        ("format", PackageResources.format_js),
        ("history", PackageResources.history_js),
        ("json", PackageResources.json_js),
        ("ledger", PackageResources.ledger_js),
        ("listing", PackageResources.listing_js),
        ("merge", PackageResources.merge_js),
        ("message", PackageResources.message_js),
        ("overview", PackageResources.overview_js),
        ("scale", PackageResources.scale_js),
        ("smooth", PackageResources.smooth_js),
        ("states", PackageResources.states_js),
        ("stream", PackageResources.stream_js),
        ("table", PackageResources.table_js),
        ("task", PackageResources.task_js),
        ("tasklist", PackageResources.tasklist_js),
        ("tasks", PackageResources.tasks_js),
        ("theme", PackageResources.theme_js),
        ("type", PackageResources.type_js),
        ("types", PackageResources.types_js),
        ("verdict", PackageResources.verdict_js),
        ("words", PackageResources.words_js),
        ("worker", PackageResources.worker_js),
        ("workers", PackageResources.workers_js),
    ]
}
