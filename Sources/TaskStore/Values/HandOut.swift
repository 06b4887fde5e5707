public import Foundation

/// A task taken from the store to be handed out.
public struct HandOut: Hashable, Sendable {
    /// Its `attempt` is the number of this hand-out.
    public var task: OpenTask
    public var payload: Data
    /// It had a due time, which has come; otherwise it was pending.
    public var wasScheduled: Bool

    public init(task: OpenTask, payload: Data, wasScheduled: Bool = false) {
        self.task = task
        self.payload = payload
        self.wasScheduled = wasScheduled
    }
}
