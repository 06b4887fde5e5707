import Foundation
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Terminal output")
struct TerminalTests {
    private let table = Table(
        headings: ["NAME", "SLOTS", "DONE", "STATE"], numeric: [1, 2], lesser: [1, 2],
        rows: [["a-name-of-twenty-six-letters", "8", "40,000", "live"], ["b", "16", "7", "draining"]]
    )

    @Test func `a table has its columns under their headings`() {
        #expect(
            table.lines(width: nil) == [
                "NAME                          SLOTS    DONE  STATE", "a-name-of-twenty-six-letters      8  40,000  live",
                "b                                16       7  draining",
            ])
    }

    @Test func `a table leaves lesser columns out and says so, then wraps long names, and never cuts a name or a number`() {
        #expect(
            table.lines(width: 50) == [
                "NAME                            DONE  STATE", "a-name-of-twenty-six-letters  40,000  live",
                "b                                  7  draining", "not shown: SLOTS; a wider terminal or --json has", "them",
            ])
        #expect(
            table.lines(width: 40) == [
                "NAME                          STATE", "a-name-of-twenty-six-letters  live", "b                             draining",
                "not shown: SLOTS, DONE; a wider terminal", "or --json has them",
            ])
        #expect(
            table.lines(width: 30).prefix(4) == [
                "NAME                  STATE", "a-name-of-twenty-     live", "six-letters", "b                     draining",
            ])
        #expect(table.lines(width: 53).count == 3)
    }

    @Test(arguments: 50...120) func `a heading is not broken while a column can be left out, and each is named`(width: Int) {
        var table = StatsCommand.table(
            StatsCommand.Report(CountsQuery.Answer(store: "s", types: [TaskType(literal: "reverse"): TaskCounts()]), [], only: nil))
        table.rows[0][10] = "paused until 2026-11-29T10:00:00Z, no worker"
        let lines = table.lines(width: width)
        let headings = lines[0].split(separator: " ").map(String.init)
        let omitted = table.headings.filter { !headings.contains($0) }
        #expect(headings == table.headings.filter { !omitted.contains($0) } && lines.allSatisfy { $0.count <= width }, "\(lines)")
        let last = lines.joined(separator: " ").split(separator: "not shown: ").dropFirst().first
        #expect((last.map(String.init) ?? "").hasPrefix(omitted.joined(separator: ", ")), "\(lines)")
        #expect(lines.joined().contains("2026-11-29T10:00:00Z"), "\(lines)")
    }

    @Test(arguments: [30, 44, 60]) func `every name stands whole in a narrow table, and only free texts are cut`(width: Int) {
        var table = Table(headings: ["ID", "WORKER", "ERROR"], numeric: [0], free: [2])
        table.rows = [["7", "build-server-17-123456-0a1b2c3d", "failed: " + String(repeating: "x", count: 100)]]
        let blocks = table.blocks(width: width)
        let worker = blocks[1].map { $0.dropFirst(4).prefix { $0 != " " } }.joined()
        #expect(worker == "build-server-17-123456-0a1b2c3d", "\(blocks[1])")
        #expect(blocks[1].filter { $0.contains("…") }.count == 1 && blocks.joined().allSatisfy { $0.count <= width }, "\(blocks)")
    }

    @Test(arguments: 6...80) func `a table fits every width that can hold its columns`(width: Int) {
        for line in table.lines(width: width) { #expect(line.count <= width) }
    }

    @Test func `the table of workers keeps whole names at sixty columns`() throws {
        let worker = RegistryMessage(
            worker: "build-server-17-123456-0a1b2c3d", host: "h", pid: 1, version: "1", types: [TaskType(literal: "reverse")],
            concurrency: 8,
            prefetch: 16, batch: true, started: Timestamp(rawValue: 0), done: 1_234_567
        )
        let live = LiveWorker(worker: worker, lastSeen: Timestamp(rawValue: 0))
        let lines = WorkersCommand.table([live], now: Timestamp(rawValue: 129_000)).lines(width: 60)
        #expect(lines[0].split(separator: " ") == ["WORKER", "TYPES", "RUNNING", "STATE"])
        #expect(lines[1].contains("build-server-17-123456-0a1b2c3d"))
        #expect(lines[2].hasPrefix("not shown: SLOTS, WAITING, DONE, FAILED, UP;"))
        #expect(lines.allSatisfy { $0.count <= 60 })
    }

    @Test(arguments: [(-5, "0s"), (59, "59s"), (129, "2m9s"), (11_520, "3h12m"), (180_000, "2d2h")])
    func `an age has its two largest units`(seconds: Int, text: String) {
        #expect(WorkersCommand.age(.seconds(seconds)) == text)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")])
    func `thousands are set apart`(number: Int, text: String) {
        #expect(Terminal.grouped(number) == text)
    }

    @Test func `a text from elsewhere cannot move the cursor`() {
        #expect(Terminal.plain("a\u{1B}[2Jb\r\n\tc\u{9B}1m é👍🏽") == "a·[2Jb··c·1m é👍🏽")
        // Nor can it turn the line round, or hide.
        #expect(Terminal.plain("a\u{202E}b\u{2066}c\u{200B}d\u{2028}e\u{FEFF}f") == "a·b·c·d·e·f")
        #expect(Terminal.plain("👨‍👩‍👧 نمی‌خواهم") == "👨‍👩‍👧 نمی‌خواهم")
        #expect(Terminal.plainLines("a\tb\r\nc\n\u{1B}[2J\u{85}d") == "a\tb\r\nc\n·[2J·d")
    }

    /// What stands for an escape sequence, a C1 control, text from right to left and a tag beyond the basic plane.
    static let hostile = "a\u{1B}[2J\u{7F}\u{9B}1m\u{202E}\u{2066}\u{E0041}é"

    @Test func `JSON has none of these characters, and means the same`() throws {
        let encoded = JSON.encode(["error": Self.hostile])
        let shown = JSON.visible(encoded)
        let text = String(decoding: shown, as: UTF8.self)
        #expect(text == #"{"error":"a\u001b[2J\u007f\u009b1m\u202e\u2066\udb40\udc41é"}"#)
        #expect(try JSON.decode([String: String].self, shown) == ["error": Self.hostile])
        #expect(JSON.visible(Data("{\n\t\"a\": 1\r\n}".utf8)) == Data("{\n\t\"a\": 1\r\n}".utf8))
    }

    @Test func `a value in a text log has none of them, and ends where it ends`() {
        let quoted = TerminalLog.quoted(Self.hostile)
        #expect(quoted == #""a\u001b[2J\u007f\u009b1m\u202e\u2066\udb40\udc41é""#)
        #expect(TerminalLog.quoted("a b=c") == #""a b=c""#)
        #expect(TerminalLog.quoted("plain-1.5") == "plain-1.5")
    }

    @Test func `a line, JSON and a line of top have none of them, and a result that goes to a file keeps its bytes`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "taskgrid \(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: path))
        defer { withExtendedLifetime(file) {} }
        let output = Output(file.fileDescriptor)
        try await output.line("\u{1B}a\n")
        try await output.line(JSON.encode("\u{9B}"))
        try await output.result(Data("\u{1B}\u{9B}b\n".utf8), end: 0)
        try await output.flush()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "·a·\n\"\\u009b\"\n\u{1B}\u{9B}b\n\0")
        #expect(Line("\u{1B}a\u{202E}").text == "·a·")
    }
}

@Suite("The progress bar")
struct ProgressBarTests {
    private func line(done: Int = 5_000, failed: Int = 0, fraction: Double? = nil, width: Int = 100) -> String {
        ProgressBar.line("ended", done: done, failed: failed, fraction: fraction, after: .seconds(2), width: width)
    }

    @Test func `it says how much is done and how fast, and how much failed`() {
        #expect(line() == "5,000 ended · 2,500/s")
        #expect(line(failed: 3) == "5,000 ended · 2,500/s · 3 failed")
    }

    @Test(arguments: [(0.0, 0), (0.25, 10), (0.5, 20), (1.0, 40)]) func `it is filled as far as it is`(fraction: Double, filled: Int) {
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 40 - filled)
        #expect(line(fraction: fraction) == "\(bar) \(Int(fraction * 100)) % · 5,000 ended · 2,500/s")
    }

    @Test(arguments: 2...120) func `it stays within the terminal`(columns: Int) {
        #expect(line(failed: 1, width: columns).count < columns)
        #expect(line(failed: 1, fraction: 0.5, width: columns).count < columns)
    }

    @Test func `no time is no trouble`() {
        #expect(ProgressBar.line("ended", done: 0, failed: 0, fraction: nil, after: .zero, width: 80) == "0 ended · 0/s")
    }
}
