import AMQP
import HTTPTypes
import Health
import Synchronization
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

@Suite("What the monitor asks the dispatcher", .timeLimit(.minutes(1))) struct EnquiriesTests {
    private let counts = CountsQuestion.Answer(store: "s", types: [:])

    private func problem(_ body: () async throws -> Void) async throws -> Problem {
        try #require(await #expect(throws: Problem.self) { try await body() })
    }

    @Test("an answer comes to who asked, even before the broker has confirmed the question")
    func answer() async throws {
        let dispatcher = PlayedDispatcher { $0.answered(CountsQuestion.Answer(store: $0.properties.correlationID ?? "", types: [:])) }
        let enquiries = dispatcher.enquire()
        let stores = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<Enquiries.maximum { group.addTask { try await enquiries.ask(CountsQuestion()).store } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(stores.count == Enquiries.maximum)
    }

    @Test("a question carries what it comes back by")
    func message() async throws {
        let seen = Mutex<[Publication]>([])
        let enquiries = Enquiries(id: "m", topology: Topology(prefix: "t")) { publication throws(AMQPError) in
            seen.withLock { $0.append(publication) }
            return .returned(code: 312, text: "NO_ROUTE")
        }
        let problem = try await problem { _ = try await enquiries.ask(CountsQuestion()) }
        #expect(problem.status == .serviceUnavailable && problem.detail.contains("no dispatcher has ever run"))
        let publication = try #require(seen.withLock { $0.first })
        try publication.check()
        #expect(publication.exchange == "t.rpc" && publication.routingKey == "dispatcher" && publication.isMandatory)
        #expect(publication.message.properties.replyTo == "m")
        // The dispatcher answers nobody who has given up.
        #expect(publication.message.properties.expiration == Enquiries.deadline)
    }

    @Test("silence is told after its time, and frees the place")
    func silence() async throws {
        let enquiries = PlayedDispatcher { _ in nil }.enquire(sleep: { _ in })
        for _ in 0..<2 * Enquiries.maximum {
            let problem = try await problem { _ = try await enquiries.ask(CountsQuestion()) }
            #expect(problem.status == .gatewayTimeout && problem.detail.contains("within 5 s"))
        }
    }

    @Test("one question too many is refused, and says when to come again; a place that is given up is free")
    func bounded() async throws {
        let asked = Journal<String>()
        let answers = Mutex(false)
        let dispatcher = PlayedDispatcher { question in
            asked.add(question.properties.correlationID ?? "")
            return answers.withLock { $0 } ? question.answered(CountsQuestion.Answer(store: "s", types: [:])) : nil
        }
        let enquiries = dispatcher.enquire()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Enquiries.maximum { group.addTask { _ = try? await enquiries.ask(CountsQuestion()) } }
            try await asked.wait(beyond: Enquiries.maximum - 1)
            let problem = try await problem { _ = try await enquiries.ask(CountsQuestion()) }
            #expect(problem.status == .serviceUnavailable && problem.retryAfter == .seconds(1))
            // They go away, as a browser does.
            group.cancelAll()
        }
        answers.withLock { $0 = true }
        #expect(try await enquiries.ask(CountsQuestion()) == counts)
    }

    @Test("one search too many is refused, and other questions are not", .timeLimit(.minutes(1)))
    func boundedSearches() async throws {
        let enquiries = PlayedDispatcher { $0.answered(CountsQuestion.Answer(store: "s", types: [:])) }.enquire()
        let (begun, gate) = (Journal<Int>(), Latch())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Enquiries.maximumSearches {
                group.addTask {
                    try await enquiries.search {
                        begun.add(number)
                        try await gate.wait()
                    }
                }
            }
            try await begun.wait(beyond: Enquiries.maximumSearches - 1)
            let problem = try await problem { try await enquiries.search {} }
            #expect(problem.status == .serviceUnavailable && problem.retryAfter == .seconds(1))
            #expect(try await enquiries.ask(CountsQuestion()) == counts)
            gate.open()
            try await group.waitForAll()
        }
        try await enquiries.search {}
    }

    @Test("what the dispatcher refuses, and a broker that is away, are problems of their own")
    func refusals() async throws {
        for (code, status) in [
            (QuestionError.Code.notFound, HTTPResponse.Status.notFound), (.badQuestion, .badRequest), (.unavailable, .serviceUnavailable),
        ] {
            let enquiries = PlayedDispatcher { $0.refused(code, "because") }.enquire()
            let problem = try await problem { _ = try await enquiries.ask(CountsQuestion()) }
            #expect(problem.status == status && problem.detail.contains("because"))
        }
        let away = Enquiries(id: "m", topology: Topology(prefix: "t")) { _ throws(AMQPError) in
            throw AMQPError(.unreachable, "nobody there")
        }
        let problem = try await problem { _ = try await away.ask(CountsQuestion()) }
        #expect(problem.status == .serviceUnavailable && problem.detail.contains("nobody there"))
        #expect(problem.retryAfter == .seconds(5))
        let full = Enquiries(id: "m", topology: Topology(prefix: "t")) { _ throws(AMQPError) in .nacked }
        #expect(try await self.problem { _ = try await full.ask(CountsQuestion()) }.status == .serviceUnavailable)
    }

    @Test("an answer that comes too late is dropped, and one to another question is not taken")
    func late() async throws {
        let enquiries = PlayedDispatcher { _ in nil }.enquire()
        func message(_ correlation: String?) -> Message { Message(properties: BasicProperties(correlationID: correlation, type: "counts")) }
        #expect(enquiries.take(message("enquiry-77")))
        #expect(!enquiries.take(message("counts")))
        #expect(!enquiries.take(message(nil)))
    }
}
