import WebSupport

/// Every operation of the interface.
extension Operation {
    static let all = statistics + figures + tasks + actions + pages

    private static let away = [
        503: "The dispatcher or the broker cannot be asked now, or too many queries are under way; `Retry-After` says when to ask again.",
        504: "The dispatcher did not answer in time.",
    ]

    private static let statistics = [
        Operation(
            method: .get, path: "/stats", id: "stats", summary: "Tasks, times and workers, of all and of each type.", parameters: [.pretty],
            answer: .json("Statistics")
        ),
        Operation(
            method: .get, path: "/workers", id: "workers", summary: "Each worker, those that left within the last hour included.",
            parameters: [
                .pretty, .type,
                Parameter(
                    name: "state", summary: "Only those that stand so.",
                    schema: Parameter.reference("WorkerState")),
            ],
            answer: .json("Workers")
        ),
        Operation(
            method: .get, path: "/queues", id: "queues", summary: "Depth and consumers of each queue, and the broker's alarms.",
            parameters: [.pretty], answer: .json("Queues"), problems: [503: "The broker cannot be asked."]
        ),
        Operation(
            method: .get, path: "/healthz", id: "health", summary: "Whether the monitor does its work.", parameters: [.pretty],
            answer: .json("Health"), isOpen: true, isUnwellAlike: true
        ),
        Operation(
            method: .get, path: "/events", id: "events",
            summary: """
                Server-sent events without end: `stats` at the start, `change` each second (a JSON merge patch to it), `worker`, `grid` \
                and `alert` as they come.
                """,
            parameters: [
                Parameter(
                    name: "kind", summary: "Only these kinds, with commas between them; `stats` with its changes.",
                    schema: #"{"type": "string", "pattern": "^(stats|worker|grid|alert)(,(stats|worker|grid|alert))*$"}"#),
                Parameter(
                    name: "Last-Event-ID", place: "header", summary: "Goes on after this one, as far as it is still known.",
                    schema: #"{"type": "string"}"#),
            ],
            answer: .text(["text/event-stream"]), problems: [503: "Too many listen already."]
        ),
        Operation(
            method: .get, path: "/openapi.json", id: "openapi", summary: "This document.", parameters: [.pretty],
            answer: .json("Document")
        ),
    ]

    private static let drain = Parameter(
        name: "drain_seconds", summary: "Within how long what waits is to end.",
        schema: """
            {"type": "integer", "minimum": \(ScalesReport.targets.lowerBound), "maximum": \(ScalesReport.targets.upperBound), \
            "default": \(ScalesReport.standardTarget)}
            """
    )

    private static let figures = [
        Operation(
            method: .get, path: "/types", id: "types", summary: "Each type as in /stats, and which workers run it.", parameters: [.pretty],
            answer: .json("Types")
        ),
        Operation(
            method: .get, path: "/history", id: "history", summary: "What happened in each step of a window, of all types or of one.",
            parameters: [
                .pretty, .type,
                Parameter(
                    name: "window", summary: "How far back.",
                    schema:
                        "{\"enum\": [\(HistoryWindow.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))], \"default\": \"1h\"}"),
                Parameter(name: "until", summary: "It ends before that time, not now.", schema: Parameter.reference("Moment")),
            ],
            answer: .json("History")
        ),
        Operation(
            method: .get, path: "/scale", id: "scale", summary: "How many workers each type wants.", parameters: [.pretty, .type, drain],
            answer: .json("Scales")
        ),
        Operation(
            method: .get, path: "/scale/{type}", id: "scaleOfType", summary: "How many workers a type wants, such as for KEDA.",
            parameters: [.typeInPath, .pretty, drain], answer: .json("Scale"), problems: [404: "The type is not known."]
        ),
        Operation(
            method: .get, path: "/metrics", id: "metrics", summary: "Everything as Prometheus reads it.", answer: .text(["text/plain"])
        ),
    ]

    private static let tasks = [
        Operation(
            method: .get, path: "/tasks", id: "tasks", summary: "Tasks by type, state, time of acceptance and error, the newest first.",
            parameters: [
                .pretty, .type,
                Parameter(name: "state", summary: "Only those that stand so.", schema: Parameter.reference("TaskState")),
                Parameter(name: "since", summary: "Accepted at that time or later.", schema: Parameter.reference("Moment")),
                Parameter(name: "until", summary: "Accepted before that time.", schema: Parameter.reference("Moment")),
                Parameter(
                    name: "text", summary: "What stands in the error; the case of ASCII letters makes no difference.",
                    schema: "{\"type\": \"string\", \"minLength\": 1, \"maxLength\": \(QueryParameters.maximumText)}"),
                Parameter(name: "id", summary: "Only the task with this id.", schema: Parameter.reference("TaskID")),
                Parameter(
                    name: "after", summary: "The `next` of the page before.", schema: Parameter.reference("TaskID")),
                Parameter(
                    name: "limit", summary: "How many at most. A page may be shorter though there is a next one.",
                    schema: "{\"type\": \"integer\", \"minimum\": 1, \"maximum\": \(QueryParameters.maximumTasks), \"default\": 50}"),
            ],
            answer: .json("Tasks"), problems: away
        ),
        Operation(
            method: .get, path: "/tasks/{id}", id: "task", summary: "A task whole, with its payload, result and attempts.",
            parameters: [.taskInPath, .pretty], answer: .json("Task"), problems: away.merging([404: "The task is not known."]) { $1 }
        ),
    ]

    private static let actions = [
        Operation(
            method: .post, path: "/tasks/{id}/cancel", id: "cancel", summary: "Cancels a task that has not ended.",
            parameters: [.taskInPath], answer: .json("TaskAction"),
            problems: away.merging([404: "The task is not known.", 409: "It has ended otherwise already."]) { $1 }
        ),
        Operation(
            method: .post, path: "/tasks/{id}/retry", id: "retry", summary: "Has a failed, cancelled or expired task done again.",
            parameters: [.taskInPath], answer: .json("TaskAction"),
            problems: away.merging([404: "The task is not known.", 409: "It has succeeded, or has not ended."]) { $1 }
        ),
        Operation(
            method: .post, path: "/types/{type}/pause", id: "pause", summary: "Hands out no more tasks of a type.",
            parameters: [.typeInPath], answer: .json("TypeAction"), problems: away.merging([404: "The type is not known."]) { $1 }
        ),
        Operation(
            method: .post, path: "/types/{type}/resume", id: "resume", summary: "Hands out tasks of a paused type again.",
            parameters: [.typeInPath], answer: .json("TypeAction"), problems: away.merging([404: "The type is not known."]) { $1 }
        ),
    ]

    private static let pages = [
        Operation(method: .get, path: "/", id: "dashboard", summary: "The dashboard.", answer: .text(["text/html"]), isOpen: true),
        Operation(
            method: .get, path: "/assets/{name}", id: "asset", summary: "A style, script or image of the dashboard.",
            parameters: [Parameter(name: "name", place: "path", summary: "The file.", schema: #"{"type": "string"}"#, example: "app.css")],
            answer: .text(["text/css", "text/javascript", "image/svg+xml"]), problems: [404: "There is no such file."], isOpen: true
        ),
    ]
}
