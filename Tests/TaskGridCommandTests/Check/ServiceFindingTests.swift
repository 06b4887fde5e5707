import AMQP
import TaskGridClient
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("What the services answer")
struct ServiceFindingTests {
    private func answered(
        _ service: Topology.Service = .dispatcher, version: String = "1", at: Int64? = 10_000, maximumPayload: Int? = nil,
        problem: String? = nil
    ) -> ServiceReading {
        let stamp = at.map { ServiceStamp(version: version, at: Timestamp(rawValue: $0), problem: problem) }
        return ServiceReading(
            service: service,
            result: .success(
                .init(
                    stamp: stamp, sent: Timestamp(rawValue: 9_990), received: Timestamp(rawValue: 10_005), maximumPayload: maximumPayload)))
    }

    @Test func `services that answer are ok, with their version and the time that it took, and so are their clocks`() {
        #expect(
            [answered(), answered(.nameservice)].findings(version: "1").texts == [
                "ok services: the dispatcher answers in 15 ms: version 1", "ok services: the nameservice answers in 15 ms: version 1",
                "ok clocks: those of the services and of this machine differ by less than 1 s",
            ])
    }

    @Test func `a service that does not answer is a problem, and its clock is not judged`() {
        let error = ClientError(.serviceUnavailable, "the dispatcher did not answer within 5 s")
        let findings = [ServiceReading(service: .dispatcher, result: .failure(error))].findings(version: "1")
        #expect(findings.texts == ["problem services: the dispatcher did not answer within 5 s"])
        #expect(findings[0].advice?.contains("taskgrid dispatcher") == true)
    }

    @Test func `a service that answers and cannot do its work is a problem`() {
        let wrong = [answered(problem: "the store cannot be used now")].findings(version: "1").wrong
        #expect(wrong.texts == ["problem services: the dispatcher cannot do its work: the store cannot be used now"])
        #expect(wrong.first?.advice?.contains("/healthz") == true)
    }

    @Test func `another version is a warning; an earlier service does not say its own`() {
        let wrong = [answered(version: "2")].findings(version: "1").wrong
        #expect(wrong.texts == ["warning services: the dispatcher is version 2, this command 1"])
        #expect([answered(at: nil)].findings(version: "1").texts == ["ok services: the dispatcher answers in 15 ms: version unknown"])
    }

    /// Sent at 9,990 and received at 10,005: only what lies outside is a difference.
    @Test(arguments: [(8_990, nil), (8_989, "1.0 s behind"), (11_005, nil), (11_006, "1.0 s ahead of"), (72_505, "62.5 s ahead of")])
    func `a clock is judged by what the way of the answer cannot explain`(at: Int64, difference: String?) {
        let expected = difference.map { ["warning clocks: the dispatcher's clock is \($0) this machine's"] } ?? []
        #expect([answered(at: at)].findings(version: "1").wrong.texts == expected)
    }

    @Test func `a payload that the broker's version refuses unless it is configured is a warning`() {
        let reading = [answered(maximumPayload: 20 << 20)]
        #expect(reading.messageFindings(BrokerVersion(major: 4, minor: 0)).map(\.level) == [.warning])
        #expect(reading.messageFindings(BrokerVersion(major: 3, minor: 10)).isEmpty)
        #expect([answered(maximumPayload: 4 << 20)].messageFindings(BrokerVersion(major: 4, minor: 0)).isEmpty)
    }
}
