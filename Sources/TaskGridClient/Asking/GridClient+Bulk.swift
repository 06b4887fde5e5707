import Foundation
public import TaskGridCore

/// Changes to all tasks that a filter means.
extension GridClient {
    /// Starts a bulk action, and returns once the dispatcher has it durably: it goes on whatever becomes of this client.
    ///
    /// - Parameters:
    ///   - kind: what is done with the tasks.
    ///   - filter: which tasks; without a state, a retry means failed tasks and a cancellation those that have not ended.
    ///   - expected: how many tasks are expected, as ``count(matching:before:upTo:)`` says. The action is refused, or stops, if their
    ///     number is greater by more than a tenth and more than ten.
    ///   - id: its id; nil: a new one. The action is started once, however often this is called with the same id.
    /// - Throws: `badArgument` for a state in which the action is not possible, and where the number of tasks has changed by much;
    ///   `serviceUnavailable` where the dispatcher does not answer.
    public func startBulk(
        _ kind: BulkAction.Kind, matching filter: TaskFilter, expected: Int, id: String? = nil
    ) async throws(ClientError) -> BulkAction {
        let id = id ?? UUID().uuidString.lowercased()
        return try await command(BulkQuery(kind, matching: filter, expected: expected, id: id)).answer
    }

    /// A bulk action as it stands now; nil where it is not known, or was forgotten.
    public func bulkAction(_ id: String) async throws(ClientError) -> BulkAction? {
        try await ask(BulkActionsQuery(id: id)).actions.first
    }

    /// The bulk actions that run, and the latest of those that have ended; the newest first.
    public func bulkActions() async throws(ClientError) -> [BulkAction] {
        try await ask(BulkActionsQuery()).actions
    }

    /// Stops a bulk action. The tasks that it has changed stay so.
    ///
    /// - Throws: `unknownTask` where no action has this id.
    public func stopBulk(_ id: String) async throws(ClientError) -> BulkAction {
        try await command(BulkStopQuery(id: id)).answer
    }
}
