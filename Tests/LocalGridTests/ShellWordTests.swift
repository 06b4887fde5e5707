import Foundation
import TaskGridConfiguration
import Testing

@testable import LocalGrid

@Suite struct ShellWordTests {
    static let texts = [
        "/tmp/grid", "", "a b", "o'x", "a\"b", "a#b", "łódź", "$HOME", "`id`", "a\\b", "a\nb", "tab\there", "-rf", "~", "a;b", "*", "100%",
        "\u{85}", "'\n'", "\u{1B}[31m%s\\n\n$x`y`\"", "a\u{202E}b", "-\t-",
    ]

    @Test(arguments: texts, ["bash", "sh"]) func `a shell reads a quoted text as the text it was`(text: String, name: String) throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/\(name)")
        shell.arguments = ["-c", "printf '%s|' \(ShellWord(text))"]
        shell.environment = ["LANG": "C.UTF-8"]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let read = try output.fileHandleForReading.readToEnd() ?? Data()
        shell.waitUntilExit()
        #expect(String(decoding: read, as: UTF8.self) == "\(text)|")
        #expect("\(ShellWord(text))".unicodeScalars.allSatisfy { !["\n", "\u{1B}", "\u{202E}"].contains($0) })
    }

    @Test func `a word that needs no quotes has none`() {
        #expect("\(ShellWord("/var/lib/task-grid_1.0"))" == "/var/lib/task-grid_1.0")
    }

    @Test func `a path that ends with a line feed keeps it`() {
        #expect("\(ShellWord(path: "/tmp/a\n"))" == #""$(printf '/tmp/a\012/')""#)
    }

    @Test func `a command names its folder unless it is the standard one`() {
        #expect(GridFolder.standard().command("taskgrid up") == "taskgrid up")
        #expect(GridFolder("/tmp/o'x").command("taskgrid up") == "taskgrid up --grid '/tmp/o'\\''x'")
    }
}
