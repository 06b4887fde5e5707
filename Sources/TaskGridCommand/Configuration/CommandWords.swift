import ArgumentParser
import Foundation
import TaskGridConfiguration
import TaskGridCore

/// The words of the command line, checked before they are parsed.
enum CommandWords {
    /// A reason to refuse them; nil: there is none.
    static func fault() -> String? {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let bytes = CommandLine.unsafeArgv[index] else { continue }
            let advice =
                "a payload of any bytes goes through --payload-file or standard input, a file or folder through a link with another name"
            if let fault = textFault(bytes, name: "argument \(index)", advice: advice) { return fault }
        }
        for name in ConfigurationKey.all.map(\.variable) + ["TASKGRID_CONFIG"] {
            guard let bytes = getenv(name) else { continue }
            if let fault = textFault(bytes, name: name, advice: "settings are; a file or folder has a link with another name") {
                return fault
            }
        }
        return subcommandFault(CommandLine.arguments.dropFirst())
    }

    /// Swift would replace bytes that are no UTF-8, and the command do something else than it was told.
    static func textFault(_ bytes: UnsafePointer<CChar>, name: String, advice: String) -> String? {
        guard String(validatingCString: bytes) == nil else { return nil }
        return "\(name) is not UTF-8: '\(Terminal.plain(String(cString: bytes)))'; \(advice)"
    }

    /// What a person reads of an error of the parser: it begins in lower case, as every other error does, and says what to do.
    static func wrongUse(_ error: any Error) -> String {
        let prefix = TaskGrid._errorPrefix
        var text = TaskGrid.fullMessage(for: error)
        if text.hasPrefix(prefix), let first = text.dropFirst(prefix.count).indices.first {
            text.replaceSubrange(first...first, with: text[first].lowercased())
        }
        return hint(afterMessage: TaskGrid.message(for: error)).map { "\(text)\n\($0)" } ?? text
    }

    /// What to do after an error of the parser that does not say it; nil: it does.
    private static func hint(afterMessage message: String) -> String? {
        guard message.contains(/^Unknown option '-[0-9.]/) else { return nil }
        return "a payload that begins with '-' stands after '--', as in: taskgrid run wait -- -1"
    }

    /// A word that stands for a subcommand and is none.
    static func subcommandFault(_ words: some Sequence<String>) -> String? {
        var command: any ParsableCommand.Type = TaskGrid.self
        var path = "taskgrid"
        for word in words {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-") else { return nil }
            if word == "help", command == TaskGrid.self { continue }
            guard let next = subcommands.first(where: { $0.configuration.commandName == word }) else {
                // The word may be an argument of the default subcommand.
                if let standard = command.configuration.defaultSubcommand, (try? standard.parse([word])) != nil { return nil }
                let names = subcommands.compactMap { $0.configuration.commandName } + (command == TaskGrid.self ? ["help"] : [])
                return "\(path) has no command '\(Terminal.plain(word))'\(names.suggestion(for: word)) (see '\(path) --help')"
            }
            command = next
            path += " \(word)"
        }
        return nil
    }
}
