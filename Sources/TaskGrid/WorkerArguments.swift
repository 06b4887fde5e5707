import TaskGridConfiguration
import TaskGridCore

/// The arguments of a worker's program: `--concurrency 16` or `--concurrency=16`, by the keys of `ProgramSettings`.
struct WorkerArguments {
    /// The values by key; `config` names the settings file.
    var values: [String: String] = [:]
    var asksHelp = false

    /// - Throws: `SettingError` naming the first argument that is none, and what was meant perhaps.
    init(_ arguments: [String]) throws(SettingError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" {
                asksHelp = true
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = Self.keys[String(parts[0])] else {
                let meant = Self.keys.keys.suggestion(for: String(parts[0]))
                throw SettingError(.invalid, "unknown argument '\(argument)'\(meant): --help lists those that there are")
            }
            guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                throw SettingError(.invalid, "\(parts[0]) needs a value, such as \(parts[0])=…")
            }
            guard key != "broker" || values[key] == nil else {
                throw SettingError(.invalid, "\(parts[0]) is given twice: name the nodes of one broker in one, separated by commas")
            }
            values[key] = value
        }
    }

    /// The key of each option.
    private static let keys: [String: String] = {
        var keys = ["--config": "config", "--grid": "data"]
        for key in ProgramSettings.keys { keys["--\(key.option)"] = key.name }
        return keys
    }()

    /// The text of `--help`.
    static var help: String {
        let rows =
            ProgramSettings.keys.map { ("--\($0.option) <\($0.valueName ?? $0.option)>", "\($0.help) (\($0.variable))") }
            + [("--config <file>", "A YAML file of settings. (TASKGRID_CONFIG)")]
        let width = rows.map(\.0.count).max() ?? 0
        return "OPTIONS:\n" + rows.map { "  \($0.padding(toLength: width, withPad: " ", startingAt: 0))  \($1)\n" }.joined()
    }
}
