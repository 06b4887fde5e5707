import Foundation
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("The report of a check")
struct CheckReportTests {
    private let report = CheckReport(findings: [
        .ok(.broker, "node1:5672 is RabbitMQ 4.0.5"),
        .problem(.policies, "t.work.hash: message-ttl 1000 ms: what waits longer is dropped", advice: "take message-ttl out of the policy"),
        .warning(.clocks, "the dispatcher's clock is 3s ahead of this machine's", advice: "let both follow NTP"),
    ])

    @Test func `each finding is a line with its advice under it, and the last line counts them`() {
        #expect(
            report.lines(width: nil) == [
                "ok       broker    node1:5672 is RabbitMQ 4.0.5",
                "problem  policies  t.work.hash: message-ttl 1000 ms: what waits longer is dropped",
                "                   → take message-ttl out of the policy",
                "warning  clocks    the dispatcher's clock is 3s ahead of this machine's",
                "                   → let both follow NTP",
                "", "1 problem, 1 warning, 1 ok",
            ])
        #expect(CheckReport(findings: [.ok(.broker, "x")]).lines(width: nil).last == "no problems, no warnings, 1 ok")
    }

    @Test(arguments: [40, 60, 80, 120]) func `it fits the terminal, and no word of it is lost`(width: Int) {
        let lines = report.lines(width: width)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        let words = lines.joined(separator: " ").split(separator: " ")
        for word in ["message-ttl", "1000", "dropped", "NTP", "machine's"] { #expect(words.contains { $0.hasPrefix(word) }, "\(word)") }
    }

    @Test func `a name from the broker cannot move the cursor`() {
        let report = CheckReport(findings: [.ok(.nodes, "a\u{1B}[2Jb")])
        #expect(report.lines(width: nil)[0] == "ok  nodes  a·[2Jb")
    }

    @Test func `the JSON has each finding and how many there are of each level`() throws {
        let object = try #require(try JSONSerialization.jsonObject(with: report.json) as? [String: Any])
        #expect(object["problems"] as? Int == 1 && object["warnings"] as? Int == 1 && object["ok"] as? Int == 1)
        let checks = try #require(object["checks"] as? [[String: String]])
        #expect(
            checks[1] == [
                "check": "policies", "level": "problem", "found": "t.work.hash: message-ttl 1000 ms: what waits longer is dropped",
                "advice": "take message-ttl out of the policy",
            ])
        #expect(checks[0]["advice"] == nil)
    }

    @Test func `a list names three, and counts the others`() {
        #expect(["a", "b", "c", "d"].listed == "a, b, c, d")
        #expect(["a", "b", "c", "d", "e"].listed == "a, b, c and 2 more")
    }
}
