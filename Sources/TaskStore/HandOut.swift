package import Foundation

/// A task taken from the store to be handed out.
package struct HandOut: Hashable, Sendable {
    /// Its `attempt` is the number of this hand-out.
    package var task: OpenTask
    package var payload: Data
    /// It had a due time, which has come; otherwise it was pending.
    package var wasScheduled: Bool

    package init(task: OpenTask, payload: Data, wasScheduled: Bool = false) {
        self.task = task
        self.payload = payload
        self.wasScheduled = wasScheduled
    }
}
