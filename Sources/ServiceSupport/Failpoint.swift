#if DEBUG
    import Foundation
    import Synchronization
#endif

/// The moments between two holders of a task, at which a test can have the process killed.
///
/// In debug builds alone: with `TASKGRID_FAILPOINT=dispatcher.submission-committed:3` in its environment the process sends
/// itself SIGKILL when it passes that point for the third time; with `:3:stop`, SIGSTOP. In release builds a pass is nothing.
package enum Failpoint: String, CaseIterable, Sendable {
    /// The dispatcher is the active one, and has not read its store.
    case dispatcherActive = "dispatcher.active"
    case submissionReceived = "dispatcher.submission-received"
    case submissionCommitted = "dispatcher.submission-committed"
    /// The submission's answer and its work are confirmed; it is not acknowledged.
    case workPublished = "dispatcher.work-published"
    case resultReceived = "dispatcher.result-received"
    case resultCommitted = "dispatcher.result-committed"
    /// The client's reply is confirmed; the result is not acknowledged.
    case replyPublished = "dispatcher.reply-published"
    /// A failed attempt is booked for a retry; its result is not acknowledged.
    case retryCommitted = "dispatcher.retry-committed"
    /// An admin command about tasks or types is carried out; it is not answered, and its query not acknowledged.
    case commandCommitted = "dispatcher.command-committed"
    /// The audit has found deliveries that are nowhere; nothing follows from it yet.
    case lossFound = "dispatcher.loss-found"
    /// Tasks that waited in the store, retries among them, are marked as handed out; nothing is published.
    case waitingTaken = "dispatcher.waiting-taken"
    /// Inside a transaction: rows are written, the counters are not.
    case storeTransaction = "store.transaction"

    case deliveryReceived = "worker.delivery-received"
    /// The worker has said that a task is about to run, and had it confirmed.
    case startAnnounced = "worker.start-announced"
    case runBegun = "worker.run-begun"
    case runEnded = "worker.run-ended"
    /// A result is confirmed; its delivery is not acknowledged.
    case resultConfirmed = "worker.result-confirmed"
    /// The worker is to drain: nothing of what has not begun is given back yet.
    case drainBegun = "worker.drain-begun"
    /// The tasks that a worker gives back are confirmed; its deliveries are not acknowledged.
    case givenBack = "worker.given-back"

    /// A registry message has come; nothing follows from it, and it is not acknowledged.
    case registryReceived = "nameservice.registry-received"
    case eventReceived = "monitor.event-received"

    /// The broker has confirmed the submission; the dispatcher may have answered or not.
    case submissionPublished = "client.submission-published"
    /// The dispatcher's answer has come; nobody has been told.
    case answerReceived = "client.answer-received"

    #if DEBUG
        package func pass() { Armed.point?.pass(self) }
    #else
        @inlinable @inline(__always) package func pass() {}
    #endif
}

#if DEBUG
    /// The point that the environment names.
    private final class Armed: Sendable {
        /// Read once; nil where none is named.
        static let point = Armed(ProcessInfo.processInfo.environment["TASKGRID_FAILPOINT"])

        let failpoint: Failpoint
        let number: Int
        let signal: Int32
        let passes = Atomic(0)

        init?(_ text: String?) {
            guard let parts = text?.split(separator: ":"), parts.count >= 2, let failpoint = Failpoint(rawValue: String(parts[0])),
                let number = Int(parts[1])
            else { return nil }
            self.failpoint = failpoint
            self.number = number
            signal = parts.last == "stop" ? SIGSTOP : SIGKILL
        }

        func pass(_ failpoint: Failpoint) {
            guard failpoint == self.failpoint, passes.add(1, ordering: .relaxed).newValue == number else { return }
            // To this very thread, which goes no step further: a stop of the process begins with whichever thread takes the signal.
            raise(signal)
        }
    }
#endif
