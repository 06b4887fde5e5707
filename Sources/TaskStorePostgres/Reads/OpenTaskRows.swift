import Postgres
import TaskGridCore
import TaskStore

/// Rows of open tasks: of `task`, its row of `submission`, and that of `open` if it has one.
struct OpenTaskRows {
    let id: PostgresColumn<Int64>
    let type: PostgresColumn<Int32>
    private let position: PostgresColumn<Int32>
    private let attempt, failures, interruptions: PostgresColumn<Int32>
    private let expires, created: PostgresColumn<Int64>
    private let client, correlation: PostgresColumn<String>
    private let priority, form: PostgresColumn<Int16>
    private let settings: SettingsColumns
    let indices: Range<Int>

    /// The columns that are read, in a SELECT of tables and sub-selects with these names.
    static let columns = """
        task.id, task.type, task."position", \(SettingsColumns.columns), owner.created, owner.client, owner.correlation, owner.form,
        open.attempt, open.failures, open.interruptions, open.expires
        """

    init(_ rows: PostgresRows) throws {
        (id, type) = (try rows.column("id"), try rows.column("type"))
        position = try rows.column("position")
        (attempt, failures) = (try rows.column("attempt"), try rows.column("failures"))
        (interruptions, expires) = (try rows.column("interruptions"), try rows.column("expires"))
        (created, client, correlation) = (try rows.column("created"), try rows.column("client"), try rows.column("correlation"))
        (priority, form) = (try rows.column("priority"), try rows.column("form"))
        settings = try SettingsColumns(rows)
        indices = rows.indices
    }

    /// The place in the list of handed-out tasks after one before a cursor.
    func position(_ row: Int) throws -> HandedOutPosition {
        HandedOutCursor(isDeferred: false, type: try type[row], priority: try priority[row], id: try id[row]).position
    }

    /// `cursorAttempt` is the task's attempt if it is not deferred. `before` is the task read before: if it is the neighbour in the same
    /// submission, its names are this one's too, and so are its settings if they say the same.
    func task(_ row: Int, type: TaskType, cursorAttempt: Int, before: OpenTask? = nil) throws -> OpenTask {
        let id = try id[row]
        let neighbour = try before.flatMap { try position[row] > 0 && $0.id.rawValue == id - 1 ? $0 : nil }
        return OpenTask(
            id: TaskID(id), type: type, settings: try settings.settings(row, before: before?.settings),
            created: Timestamp(rawValue: try created[row]), attempt: try attempt[ifPresent: row].map { Int($0) } ?? cursorAttempt,
            failures: Int(try failures[ifPresent: row] ?? 0), interruptions: Int(try interruptions[ifPresent: row] ?? 0),
            expires: try expires[ifPresent: row].map(Timestamp.init(rawValue:)),
            client: try neighbour.map(\.client) ?? client[ifPresent: row].map(StoredText.text),
            correlation: try neighbour.map(\.correlation) ?? correlation[ifPresent: row].map(StoredText.text),
            form: MessageForm(number: try form[row])
        )
    }
}
