import AMQP
import Logging
import ServiceSupport
import TaskGridCore

/// Declares the work queues, which their workers only use.
///
/// A queue that is declared otherwise already, or that the user may not declare, is used as it is: deleting one that workers consume would
/// lose what they hold. It is bound in any case, so that tasks reach it.
struct WorkQueues {
    /// A line of the log about a type.
    private struct Line: Hashable {
        let type: TaskType
        let text: String
    }

    /// How long a line holds, and a problem that is not found again.
    private static let memory = Duration.seconds(60)

    let publisher: Publisher
    let vitals: Vitals
    private var told: [Line: ContinuousClock.Instant] = [:]

    /// - Parameters:
    ///   - publisher: the connection over which they are declared.
    ///   - vitals: where a type is named whose tasks reach no queue.
    init(_ publisher: Publisher, vitals: Vitals) {
        self.publisher = publisher
        self.vitals = vitals
    }

    /// Declares and binds a work queue.
    ///
    /// - Parameters:
    ///   - type: its type.
    ///   - wasLost: tasks of a type that has workers found no queue: somebody has deleted or unbound it.
    mutating func declare(_ type: TaskType, wasLost: Bool = false) async {
        guard publisher.connection.trouble == nil else { return }
        let name = publisher.topology.workQueue(type).name
        let problem = "work queue '\(name)'"
        do throws(AMQPError) {
            let refusal = try await declare(publisher.topology.work(type))
            if let refusal { log(.notice, "work queue cannot be declared, it is used as it is", type, refusal) }
            if wasLost { log(.warning, "work queue was deleted or unbound, tasks reach it again", type) }
            vitals.problem(problem, nil)
        } catch {
            log(.error, "work queue cannot be declared or bound", type, error)
            guard wasLost else { return }
            let reason =
                "tasks of type '\(type)' reach no queue and wait: \(problem) cannot be declared or bound (\(error)); delete it if it is "
                + "another's, and give the dispatcher's user the permissions on it"
            vitals.problem(problem, reason, lasting: Self.memory)
            guard isNew(Line(type: type, text: reason)) else { return }
            let event = GridEvent(kind: .error, service: "dispatcher", at: .now(), message: reason)
            await publisher.attempt([.event(event, publisher.topology)])
        }
    }

    /// - Returns: why the queue, which is bound, is not declared by this; nil where it is.
    private func declare(_ declarations: Declarations) async throws(AMQPError) -> AMQPError? {
        do throws(AMQPError) {
            try await publisher.connection.declare(declarations)
            return nil
        } catch  where error.code == .preconditionFailed || error.code == .accessRefused {
            let refusal = error
            do throws(AMQPError) {
                try await publisher.connection.declare(Declarations(bindings: declarations.bindings))
            } catch {
                throw AMQPError(refusal.code, "\(refusal); \(error)", brokerCode: refusal.brokerCode)
            }
            return refusal
        }
    }

    private mutating func log(_ level: Logger.Level, _ text: Logger.Message, _ type: TaskType, _ error: AMQPError? = nil) {
        guard isNew(Line(type: type, text: "\(text)")) else { return }
        var metadata: Logger.Metadata = [LogKey.taskType: "\(type)"]
        if let error { metadata[LogKey.error] = "\(error)" }
        publisher.logger.log(level: level, text, metadata: metadata)
    }

    /// Whether a line was not told within the last minute.
    private mutating func isNew(_ line: Line) -> Bool {
        let now = ContinuousClock.now
        if let time = told[line], now < time + Self.memory { return false }
        if told.count >= Scheduler.maximumTypes { told = told.filter { now < $0.value + Self.memory } }
        told[line] = now
        return true
    }
}
