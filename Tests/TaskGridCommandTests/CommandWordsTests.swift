import ArgumentParser
import Testing

@testable import TaskGridCommand

@Suite struct CommandWordsTests {
    @Test(arguments: [
        ("rnu reverse hello", "taskgrid has no command 'rnu'; did you mean 'run'? (see 'taskgrid --help')"),
        ("types fogret sum", "taskgrid types has no command 'fogret'; did you mean 'forget'? (see 'taskgrid types --help')"),
        ("nonsense", "taskgrid has no command 'nonsense' (see 'taskgrid --help')"),
        ("help rnu", "taskgrid has no command 'rnu'; did you mean 'run'? (see 'taskgrid --help')"),
    ])
    func `a misspelt subcommand is refused with the one that was meant`(line: String, fault: String) {
        #expect(CommandWords.subcommandFault(line.split(separator: " ").map(String.init)) == fault)
    }

    @Test(arguments: [
        "", "run rnu", "types", "types --json", "types list", "worker hash upper", "types forget fogret", "--version", "--help", "help run",
        "help types forget",
        "--generate-completion-script zsh", "run --help",
    ])
    func `other words are left to the parser`(line: String) {
        #expect(CommandWords.subcommandFault(line.split(separator: " ").map(String.init)) == nil)
    }

    @Test func `bytes that are no UTF-8 are refused by their place`() {
        let bytes = [0x63, 0x61, 0x66, -0x17, 0] as [CChar]
        #expect(CommandWords.textFault(bytes, name: "argument 3", advice: "do so") == "argument 3 is not UTF-8: 'caf\u{FFFD}'; do so")
        #expect(CommandWords.textFault([0x63, -0x3D, -0x57, 0], name: "argument 3", advice: "do so") == nil)
    }

    @Test func `a payload that looks like an option is told to stand after two hyphens`() throws {
        let hint = "taskgrid run wait -- -1"
        #expect(wrongUse("run", "wait", "-1").hasSuffix(hint) && wrongUse("submit", "wait", "-.5").hasSuffix(hint))
        #expect(!wrongUse("run", "wait", "--wiht").contains(hint) && !wrongUse("run", "wait", "1", "--priority", "-1").contains(hint))
    }

    @Test func `an error of the parser begins as every other one`() throws {
        #expect(wrongUse("result").hasPrefix("error: missing expected argument '<id>'\n"))
        #expect(wrongUse("result", "1", "--nothing").hasPrefix("error: unknown option '--nothing'"))
        #expect(wrongUse("result", "x").hasPrefix("error: the value 'x' is invalid for '<id>': 'x' is no task id"))
        #expect(wrongUse("run", "Reverse", "x").hasPrefix("error: 'Reverse' "))
    }

    private func wrongUse(_ words: String...) -> String {
        let error = #expect(throws: (any Error).self) { try TaskGrid.parseAsRoot(words) }
        return error.map(CommandWords.wrongUse) ?? ""
    }
}
