import AMQP
import ArgumentParser
import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import TaskGridCommand

@Suite struct DeadLetterTests {
    private func letter(_ body: String, reason: String = "malformed_body: x", at: Int64 = 1_767_225_600_000) -> DeadLetter {
        var message = Message(properties: BasicProperties(type: "reverse", appID: "w"), body: Data(body.utf8))
        message.properties.headers = [WireFormat.Header.reason: .string(reason), WireFormat.Header.deadAt: .int(at)]
        return DeadLetter(message: message, of: Topology())
    }

    @Test func `a letter keeps its id, and others have other ids`() {
        #expect(letter("a").id == letter("a").id && letter("a").id.count == 8)
        #expect(Set([letter("a"), letter("b"), letter("a", reason: "y"), letter("a", at: 5)].map(\.id)).count == 4)
    }

    @Test func `a letter is shown with its headers, and nothing of it moves the cursor`() throws {
        var cut = letter("\u{1B}[2J")
        var message = cut.message
        message.properties.headers[WireFormat.Header.size] = 70_000
        message.properties.headers["other"] = .array([.int(1), .void])
        cut = DeadLetter(message: message, of: Topology())
        let lines = DeadShowCommand.lines(cut, width: 40)
        #expect(lines.contains { $0.hasPrefix("bytes") && $0.hasSuffix("70,000, cut") } && lines.contains { $0.hasSuffix("[1,null]") })
        #expect(!lines.joined().contains("\u{1B}") && lines.allSatisfy { $0.count <= 40 })
        let json = try #require(try JSONSerialization.jsonObject(with: JSON.encode(cut)) as? [String: Any])
        #expect(json["at"] as? String == "2026-01-01T00:00:00.000Z" && (json["headers"] as? [String: Any])?["other"] is [Any])
        #expect((json["body"] as? [String: Any])?["bytes"] as? Int == 70_000)
    }

    @Test func `a letter shows the user that sent it, in the table where there is room, and in JSON`() throws {
        let message = Message(properties: BasicProperties(type: "reverse", userID: "crew\u{1B}", appID: "other.x-1"))
        let letter = published(message, by: "taskgrid-dispatcher")
        let wide = DeadListCommand.table([letter]).lines(width: 200)
        #expect(wide[0].contains("USER") && wide[1].contains("crew") && !wide[1].contains("\u{1B}"))
        let narrow = DeadListCommand.table([letter]).lines(width: 40).joined(separator: "\n")
        #expect(!narrow.contains("crew") && narrow.contains("not shown:") && narrow.contains("USER"))
        let lines = DeadShowCommand.lines(letter, width: nil)
        #expect(lines.count { $0.contains("crew") } == 1 && lines.contains { $0.hasPrefix("user") })
        let json = try #require(try JSONSerialization.jsonObject(with: JSON.encode(letter)) as? [String: Any])
        #expect(json["user"] as? String == "crew\u{1B}")
        let none = DeadLetter(message: Message(properties: BasicProperties(type: "reverse")), of: Topology())
        #expect(DeadListCommand.table([none]).rows[0][3] == "-")
    }

    private func published(_ message: Message, by user: String?) -> DeadLetter {
        var dead = Publication.deadLetter(message, because: "wrong_user: no", Topology()).message
        // As the broker hands it over.
        dead.properties.userID = user
        return DeadLetter(message: dead, of: Topology())
    }

    @Test func `a service alone is believed in who sent the original, and others are shown as its sender`() {
        let message = Message(properties: BasicProperties(type: "reverse", userID: "crew"))
        for service in ["taskgrid-dispatcher", "taskgrid-nameservice", "taskgrid-monitor"] {
            #expect(published(message, by: service).user == "crew")
        }
        let forged = published(message, by: "app")
        #expect(forged.user == "app" && DeadListCommand.table([forged]).rows[0][3] == "app")
        let lines = DeadShowCommand.lines(forged, width: nil)
        #expect(lines.contains { $0.hasPrefix("user ") && $0.hasSuffix(" app") })
        #expect(lines.contains { $0.hasPrefix(WireFormat.Header.user) && $0.hasSuffix(" crew") })
        #expect(published(message, by: nil).user == nil)
        #expect(DeadShowCommand.lines(published(message, by: "taskgrid-monitor"), width: nil).count { $0.contains("crew") } == 1)
    }

    @Test(arguments: [-1, Int64.max / 2, Int64.min, 253_402_300_800_000])
    func `a time and a size that cannot be are not shown as facts`(number: Int64) {
        var message = letter("abc", at: number).message
        message.properties.headers[WireFormat.Header.size] = .int(number)
        let hostile = DeadLetter(message: message, of: Topology())
        #expect(hostile.at == nil && hostile.size == 3)
        #expect(DeadListCommand.table([hostile]).rows[0][1] == "-")
        #expect(DeadShowCommand.lines(hostile, width: nil).contains { $0.hasPrefix("dead at") && $0.hasSuffix("unknown") })
    }

    @Test func `equal letters are shown once, with their number`() {
        let distinct = DeadShowCommand.distinct([letter("a"), letter("b"), letter("a")])
        #expect(distinct.map(\.letter) == [letter("a"), letter("b")] && distinct.map(\.copies) == [2, 1])
        #expect(DeadShowCommand.lines(letter("a"), copies: 2, width: nil).contains { $0.hasPrefix("copies") && $0.hasSuffix("2") })
    }

    @Test(.enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
    func `letters are read in their order and stay in it, until they are purged`() async throws {
        let topology = Topology(prefix: "dead-\(UUID().uuidString.prefix(8).lowercased())")
        let grid = try GridOptions.parse(["--broker", try TestBroker.requiredURL(), "--prefix", topology.prefix])
        let missing = await #expect(throws: Failure.self) { try await DeadLetterQueue.withQueue(of: grid) { try await $0.count() } }
        #expect(missing?.code == .unreachable && missing?.message?.contains("no dispatcher has run") == true)
        try await TestBroker.withConnection { connection in
            try await connection.declare(topology.deadLetters)
            let publications = (1...300).map { number in
                Publication.deadLetter(Message(body: Data("\(number)".utf8)), because: "malformed_body: \(number)", topology)
            }
            _ = try await connection.publish(publications)
            for _ in 1...3 {
                let bodies = try await DeadLetterQueue.withQueue(of: grid) { try await $0.letters() }
                    .map { String(decoding: $0.message.body, as: UTF8.self) }
                #expect(bodies == (1...300).map { "\($0)" })
            }
            #expect(try await DeadLetterQueue.withQueue(of: grid) { try await $0.purge() } == 300)
            #expect(try await DeadLetterQueue.withQueue(of: grid) { try await $0.count() } == 0)
            try await connection.delete(queue: topology.deadQueue.name)
            for exchange in topology.exchanges { try await connection.delete(exchange: exchange.name) }
        }
    }

    @Test func `purge takes --yes, and show takes ids`() throws {
        #expect(try (TaskGrid.parseAsRoot(["dead", "purge", "--yes"]) as? DeadPurgeCommand)?.yes == true)
        #expect(try (TaskGrid.parseAsRoot(["dead", "show", "3f09a1c2"]) as? DeadShowCommand)?.ids == ["3f09a1c2"])
        #expect(try TaskGrid.parseAsRoot(["dead", "--limit", "5"]) is DeadListCommand)
        #expect(throws: (any Error).self) { try TaskGrid.parseAsRoot(["dead", "show"]) }
    }
}
