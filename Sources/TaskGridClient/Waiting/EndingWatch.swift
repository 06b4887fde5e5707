import TaskGridCore

/// Somebody who waits for the endings of certain tasks.
struct EndingWatch: Sendable {
    typealias ID = Int

    /// Submissions whose tasks have no ids yet.
    var unaccepted = 0
    /// Tasks that have not ended.
    var outstanding = 0
    /// Endings that have not been taken; never more than the tasks watched.
    var ready: [Ending] = []
    /// Why nothing more will come.
    var failure: ClientError?
    /// When its owner stops waiting.
    var deadline: ContinuousClock.Instant

    var isComplete: Bool { unaccepted == 0 && outstanding == 0 }
}
