import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite struct TaskErrorTests {
    @Test(arguments: TaskError.Code.allCases) func `codes and messages come back from the text of an error`(_ code: TaskError.Code) {
        for message in [
            "", "no", " with a space before", "a: b", ":", "::", "\u{301}starts with a combining mark", "\r\nline", "\0", "日本語",
            "👩‍👩‍👧‍👦", "failed: nested",
        ] {
            let error = TaskError(code, message)
            let back = TaskError(description: error.description)
            #expect(back.code == code)
            #expect(Array(back.message.utf8) == Array(message.utf8))
        }
    }

    @Test(arguments: ["", "no colon", "unknown_code: text", "Failed: text", ": text", "failed text"])
    func `a text without a code is a failure`(_ text: String) {
        #expect(TaskError(description: text) == TaskError(.failed, text))
    }

    @Test func `the space after the colon is not needed`() {
        #expect(TaskError(description: "invalid_input:no") == TaskError(.invalidInput, "no"))
    }

    /// A message is cut between characters, whatever they are made of.
    @Test(arguments: ["a", "é", "e\u{301}", "日", "🇪🇺", "👩‍👩‍👧‍👦", "\r\n", "ก็"])
    func `a long message is cut between characters`(_ character: String) {
        for lead in 0..<30 {
            let whole = String(repeating: "x", count: lead) + String(repeating: character, count: 4096)
            let message = TaskError(.failed, whole).message
            let fitting = (4096 - lead) / character.utf8.count
            #expect(message == String(repeating: "x", count: lead) + String(repeating: character, count: fitting))
            #expect(message.utf8.count <= TaskError.maximumMessageLength)
        }
    }

    @Test func `a message that fits is not cut`() {
        let message = String(repeating: "x", count: 4096)
        #expect(TaskError(.failed, message).message == message)
        #expect(TaskError(.failed, message + "y").message == message)
    }

    /// One character as long as a message, which nobody writes, must take neither the message away nor minutes.
    @Test func `a message that is one endless character is cut too`() {
        let message = TaskError(.failed, "e" + String(repeating: "\u{301}", count: 4_000_000)).message
        #expect((4090...4096).contains(message.utf8.count))
    }

    @Test func `the round trip of a long error is stable`() {
        forAll(300) { generator, seed in
            let pieces = ["a", "é", "\u{301}", "👩‍👩‍👧‍👦", "🇪", "日", ": ", "\r", "\n", "\u{200D}"]
            let text = (0..<Int.random(in: 0...3000, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
            let error = TaskError(.timedOut, text)
            #expect(error.message.utf8.count <= TaskError.maximumMessageLength, seed)
            #expect(text.utf8.starts(with: error.message.utf8), seed)
            #expect(TaskError(description: error.description) == error, seed)
        }
    }

    @Test func `an error is JSON with its code and message`() throws {
        let error = TaskError(.poison, "no")
        #expect(try JSON.decode(TaskError.self, JSON.encode(error)) == error)
        let long = #"{"code":"failed","message":"\#(String(repeating: "x", count: 10_000))"}"#
        #expect(try JSON.decode(TaskError.self, Data(long.utf8)).message.utf8.count == TaskError.maximumMessageLength)
    }
}
