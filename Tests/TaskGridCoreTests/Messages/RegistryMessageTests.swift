import AMQP
import Foundation
import TaskGridCore
import Testing

@Suite struct RegistryMessageTests {
    func read(_ json: String, type: String? = "heartbeat") throws -> RegistryMessage {
        try RegistryMessage.decode(Message(properties: BasicProperties(type: type), body: Data(json.utf8))).1
    }

    func refused(_ fields: String) -> WireError.Code? {
        refusal { _ = try read(#"{"worker":"w","types":["sum"],\#(fields)}"#) }
    }

    /// The least that a worker in another language says.
    @Test func `a heartbeat needs a worker and its types alone`() throws {
        let least = try read(#"{"worker":"w","types":["sum"],"some later field":[{}]}"#)
        #expect(
            least
                == RegistryMessage(
                    worker: "w", host: "", pid: 0, version: "", types: [TaskType(literal: "sum")], concurrency: 1, prefetch: 1,
                    batch: false,
                    started: Timestamp(rawValue: 0)
                )
        )
        #expect(least.lease == .seconds(3))
    }

    @Test(arguments: [nil, "", "Heartbeat", "beat", String(repeating: "h", count: 10_000)])
    func `an unknown kind of registry message is refused`(_ type: String?) {
        #expect(refusal { _ = try read(#"{"worker":"w","types":["sum"]}"#, type: type) } == .badProperty)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "7", #"{"worker":"w"}"#, #"{"types":["sum"]}"#, "\u{FEFF}", "{\"worker\":\"w\",\"types\":[\"sum\"]", "nan",
    ])
    func `a body that is no heartbeat is refused`(_ json: String) {
        #expect(refusal { _ = try read(json) } == .malformedBody)
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let message = Message(properties: BasicProperties(type: "heartbeat"), body: Data([0x22, 0xFF, 0x22]))
        #expect(refusal { _ = try RegistryMessage.decode(message) } == .malformedBody)
    }

    @Test func `worker ids and the number of types are bounded`() throws {
        let longest = String(repeating: "w", count: WireFormat.maximumIDLength)
        #expect(try read(#"{"worker":"\#(longest)","types":["sum"]}"#).worker == longest)
        for worker in ["", longest + "w"] {
            #expect(refusal { _ = try read(#"{"worker":"\#(worker)","types":["sum"]}"#) } == .malformedBody)
        }
        let types = (0...1000).map { #""t\#($0)""# }
        #expect(try read(#"{"worker":"w","types":[\#(types.dropLast().joined(separator: ","))]}"#).types.count == 1000)
        for types in ["[]", "[\(types.joined(separator: ","))]", #"["No type"]"#, #""sum""#, "null"] {
            #expect(refusal { _ = try read(#"{"worker":"w","types":\#(types)}"#) } == .malformedBody)
        }
    }

    // The largest interval is not refused but counts as a minute.
    @Test(arguments: [
        "concurrency", "prefetch", "pid", "progress", "done", "failed", "started",
    ])
    func `numbers out of range are refused`(_ name: String) {
        for value in ["-1", "9223372036854775807", "9223372036854775808", "1e300", "0.5", #""5""#, "[]"] {
            #expect(refused(#""\#(name)":\#(value)"#) == .malformedBody, "\(name) \(value)")
        }
        #expect(refused(#""\#(name)":100"#) == nil)
    }

    @Test func `an interval under 10 ms is refused`() {
        #expect(refused(#""interval_ms":0"#) == .malformedBody)
        #expect(refused(#""interval_ms":9"#) == .malformedBody)
        #expect(refused(#""interval_ms":-1"#) == .malformedBody)
        #expect(refused(#""interval_ms":0.5"#) == .malformedBody)
    }

    @Test func `an interval of an hour counts as a minute, so that no lease lasts longer than three`() throws {
        let worker = try read(#"{"worker":"w","types":["sum"],"interval_ms":3600000}"#)
        #expect(worker.interval == 60_000)
        #expect(worker.lease == .seconds(180))
        #expect(refused(#""concurrency":0"#) == .malformedBody)
        #expect(refused(#""prefetch":0"#) == nil)
    }

    /// An attempt beyond the bound would carry the count of attempts to where it no longer fits.
    @Test(arguments: ["[-1,1]", "[1,0]", "[1,-1]", "[1,1073741825]", "[1,9223372036854775807]", "[1]", "[]", "[1,1.5]", "1", "{}"])
    func `a held task with an invalid id or attempt is refused`(_ pair: String) {
        #expect(refused(#""running":[\#(pair)]"#) == .malformedBody)
        #expect(refused(#""waiting":[\#(pair)]"#) == .malformedBody)
    }

    /// They would reach people's terminals and logs.
    @Test(arguments: ["\\u0000", "\\u001b[2J", "\\n", "\\u0085"]) func `control characters in names are refused`(_ escape: String) {
        #expect(refusal { _ = try read(#"{"worker":"w\#(escape)","types":["sum"]}"#) } == .malformedBody)
        #expect(refused(#""host":"h\#(escape)""#) == .malformedBody)
        #expect(refused(#""version":"\#(escape)""#) == .malformedBody)
    }

    @Test func `host and version are bounded`() {
        let longest = String(repeating: "h", count: WireFormat.maximumNameLength)
        #expect(refused(#""host":"\#(longest)","version":"\#(longest)""#) == nil)
        #expect(refused(#""host":"\#(longest)h""#) == .malformedBody)
        #expect(refused(#""version":"\#(longest)h""#) == .malformedBody)
    }

    @Test func `the number of held tasks is bounded`() {
        let half = repeatElement("[1,1]", count: RegistryMessage.maximumHeld / 2).joined(separator: ",")
        #expect(refused(#""running":[\#(half)],"waiting":[\#(half)]"#) == nil)
        #expect(refused(#""running":[\#(half)],"waiting":[\#(half),[1,1]]"#) == .malformedBody)
    }

    /// A heartbeat that shows a worker alive is untrue once its lease is over.
    @Test func `registrations and heartbeats expire with the lease`() throws {
        let worker = try read(#"{"worker":"w","types":["sum"],"interval_ms":250}"#)
        #expect(worker.message(.register).properties.expiration == .milliseconds(750))
        #expect(worker.message(.heartbeat).properties.expiration == .milliseconds(750))
        #expect(worker.message(.deregister).properties.expiration == nil)
        let letter = Publication.deadLetter(worker.message(.heartbeat), because: "malformed_body: x", Topology())
        #expect(letter.message.properties.expiration == nil, "dead letters wait for people")
    }

    @Test func `the size of a heartbeat is bounded`() throws {
        let pairs = repeatElement("[123456789,1]", count: 100_000).joined(separator: ",")
        #expect(try read(#"{"worker":"w","types":["sum"],"waiting":[\#(pairs)]}"#).waiting.count == 100_000)
        let blanks = String(repeating: " ", count: RegistryMessage.maximumSize)
        #expect(refusal { _ = try read(#"{"worker":"w","types":["sum"]}"# + blanks) } == .tooLarge)
    }

    @Test func `deep nesting is refused`() {
        let brackets = String(repeating: "[", count: 1_000_000)
        #expect(refusal { _ = try read(brackets) } == .malformedBody)
        #expect(refused(#""running":\#(brackets)"#) == .malformedBody)
    }
}
