import AMQP
import HTTPTypes
import Synchronization
import TaskGridCore
import WebSupport

/// The monitor's queries to the dispatcher on behalf of people: so many queries and searches at a time. A missing
/// answer is a `Problem` that says why.
final class MonitorQueries: Sendable {
    /// How many queries may be under way.
    static let maximum = 32
    /// How many of them may be searches: the dispatcher answers two at a time.
    static let maximumSearches = 8
    static let deadline = Duration.seconds(5)

    private let client: QueryClient
    private let searches = Mutex(0)

    init(_ client: QueryClient) {
        self.client = client
    }

    /// Runs a search, which may take several queries; one too many is refused.
    ///
    /// - Throws: A `Problem`, or the error of `body`.
    func search<Found>(_ body: () async throws -> Found) async throws -> Found {
        let hasRoom = searches.withLock { searches in
            guard searches < Self.maximumSearches else { return false }
            searches += 1
            return true
        }
        guard hasRoom else {
            throw Problem(
                status: .serviceUnavailable, detail: "\(Self.maximumSearches) searches are under way; ask again in a second",
                retryAfter: .seconds(1)
            )
        }
        defer { searches.withLock { $0 -= 1 } }
        return try await body()
    }

    /// Asks, and waits for the answer for as long as `patience` says. The query carries that, so that the dispatcher answers nobody who
    /// has given up, and the name of `caller`, whose action the dispatcher tells in its log.
    ///
    /// - Throws: A `Problem` that says why there is none; `CancellationError`.
    func ask<Asked: Query>(
        _ query: Asked, for caller: Caller? = nil, within patience: Duration = MonitorQueries.deadline
    ) async throws -> Asked.Answer {
        do throws(QueryFailure) {
            return try await client.ask(query, within: patience, actor: caller?.name)
        } catch {
            if error == .cancelled { throw CancellationError() }
            throw Problem(error)
        }
    }
}

extension MonitorQueries {
    /// The task with that id as a list has it; nil where it is not known.
    ///
    /// - Throws: As ``ask(_:for:within:)``.
    func summary(of id: TaskID) async throws -> TaskRecord? {
        guard id.rawValue < .max else { return nil }
        // The newest that is older than the next id.
        let query = TasksQuery(TaskFilter(), before: TaskID(id.rawValue + 1), limit: 1, isBrief: true)
        return try await ask(query).tasks.first.flatMap { $0.id == id ? $0 : nil }
    }

    /// - Throws: As ``ask(_:for:within:)``, and a `Problem` where the task's type is none of the caller's.
    func check(_ caller: Caller, mayChange id: TaskID) async throws {
        guard !caller.types.areAll else { return }
        guard let task = try await summary(of: id) else { throw Problem.unknown(id) }
        try caller.check(task.type)
    }

    /// Takes a message of the reply queue; false where it answers none of these queries.
    func accept(_ message: Message) -> Bool { client.accept(message) }
}

extension Problem {
    fileprivate init(_ failure: QueryFailure) {
        switch failure {
        case .tooMany(let maximum):
            self.init(
                status: .serviceUnavailable, detail: "\(maximum) queries to the dispatcher are under way; ask again in a second",
                retryAfter: .seconds(1)
            )
        case .notPublished(let error):
            self.init(
                status: .serviceUnavailable, detail: "the broker cannot be reached, so the dispatcher cannot be asked: \(error)",
                retryAfter: .seconds(5)
            )
        case .notTaken(.returned):
            self.init(status: .serviceUnavailable, detail: "no dispatcher has ever run in this grid; start one")
        case .notTaken(.refused(let refusal)):
            let advice =
                if case .exchangeNotFound = refusal { "a dispatcher that runs declares it again" } else { "see the broker's settings" }
            self.init(
                status: .serviceUnavailable, detail: "the query was refused: \(refusal); \(advice)", retryAfter: .seconds(5))
        case .notTaken(.nacked), .notTaken(.confirmed):
            self.init(
                status: .serviceUnavailable, detail: "the broker refused the query: the dispatcher's queue is full or has failed",
                retryAfter: .seconds(5)
            )
        case .silence(let patience):
            self.init(
                status: .gatewayTimeout,
                detail:
                    "the dispatcher did not answer within \(Int(patience.seconds)) s: see whether it runs; "
                    + "the command may be carried out all the same"
            )
        case .refused(let error):
            switch error.code {
            case .notFound: self.init(status: .notFound, detail: error.message)
            case .badQuery: self.init(status: .badRequest, detail: error.message)
            case .forbidden: self.init(status: .forbidden, detail: error.message)
            case .conflict: self.init(status: .conflict, detail: error.message)
            case .unavailable:
                self.init(status: .serviceUnavailable, detail: "the dispatcher answers: \(error.message)", retryAfter: .seconds(5))
            }
        case .cancelled, .closed:
            self.init(status: .serviceUnavailable, detail: "the monitor stops; ask another one", retryAfter: .seconds(5))
        }
    }
}
