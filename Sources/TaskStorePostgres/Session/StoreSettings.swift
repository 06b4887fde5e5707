import Postgres

extension PostgresSettings {
    /// These for a connection of a store in the PostgreSQL schema `schema`.
    func ofStore(schema: String) -> PostgresSettings {
        var settings = self
        settings.parameters.merge(Self.session) { _, ours in ours }
        settings.parameters["search_path"] = Schema.quoted(schema)
        settings.maximumRequestBytes = max(settings.maximumRequestBytes, 512 << 20)
        settings.maximumAnswerBytes = max(settings.maximumAnswerBytes, 512 << 20)
        return settings
    }

    /// What each session of a store is set to, whatever the server, the database and the role say.
    ///
    /// Each statement is planned once, most often while its tables are empty, and has to be right when they are large: so plans are
    /// look-ups in indexes. An answer that does not come is waited for by the connection, not by a limit of the server's statements. A
    /// transaction that is left open between two requests, by a machine that is gone, ends after a while, so that another dispatcher can
    /// begin its term. ``SlotSQL/endSilentSessions`` is for one in the middle of a request.
    private static let session = [
        "default_transaction_isolation": "read committed",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "enable_seqscan": "off",
        "idle_in_transaction_session_timeout": "3s",
        "jit": "off",
        "lock_timeout": "5s",
        "plan_cache_mode": "force_generic_plan",
        "work_mem": "32MB",
    ]
}
