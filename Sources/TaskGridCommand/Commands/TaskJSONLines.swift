import TaskGridClient
import TaskGridCore

/// Prints tasks as JSON, a line each. One answer at a time is in memory, however large the tasks are.
struct TaskJSONLines {
    private(set) var shown = 0
    /// The id of the last one shown.
    private(set) var last: TaskID?
    /// Whether there may be more.
    private(set) var mayGoOn = false
    private var cut = 0

    /// Writes up to `limit` of the tasks that the filter means.
    mutating func write(_ client: GridClient, _ filter: TaskFilter, before: TaskID?, limit: Int) async throws {
        var next = before
        repeat {
            let page = try await client.page(matching: filter, before: next, limit: limit - shown)
            for task in page.tasks { try await write(task) }
            try await Output.standard.flush()
            next = page.next
        } while next != nil && shown < limit
        mayGoOn = next != nil
    }

    /// Writes one.
    mutating func write(_ task: TaskRecord) async throws {
        try await Output.standard.line(JSON.encode(TaskReport(task, [.settings, .payload, .result])))
        shown += 1
        last = task.id
        if task.isCut { cut += 1 }
    }

    /// The line about payloads and results that are not shown whole; nil if all are.
    var notice: String? {
        guard cut > 0 else { return nil }
        let what =
            cut == 1
            ? "1 task is too large for a list: its payload or result is"
            : "\(cut) tasks are too large for a list: their payloads or results are"
        return "\(what) cut (their bytes say how large they are); 'taskgrid status ID --json' prints one whole\n"
    }
}
