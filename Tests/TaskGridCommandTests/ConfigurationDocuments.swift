import TaskGridConfiguration

@testable import TaskGridCommand

/// The documents that derive from the configuration keys, as they should be.
enum ConfigurationDocuments {
    /// `config/taskgrid.yaml`.
    static var yaml: [String] {
        var lines = """
            # Settings of the taskgrid command. Each key is shown with its default, or with an example. Remove the '#' to change it.
            # An argument comes before an environment variable, and that before what stands here: `worker.drain-deadline` is
            # TASKGRID_WORKER_DRAIN_DEADLINE. --config or TASKGRID_CONFIG names another file than config/taskgrid.yaml.
            # Times are written 500ms, 30s, 15m, 1h30m, 7d; a number without a unit is seconds.
            """.split(separator: "\n").map(String.init)
        var section: Substring?
        for key in ConfigurationKey.all {
            let words = key.name.split(separator: ".")
            let group = words.count > 1 ? words[0] : nil
            if group == nil || group != section { lines.append("") }
            if let group, group != section { lines.append("\(group):") }
            section = group
            let indent = group == nil ? "" : "  "
            var text = key.description
            if case .words(let standard, _) = key.standard { text += " Default: \(standard)." }
            lines += wrapped(text).map { "\(indent)# \($0)" }
            lines.append("\(indent)# \(key.option): \(key.example)")
        }
        return lines
    }

    /// The rows of the table in `ConfigurationReference.md`.
    static var table: [String] {
        ConfigurationKey.all.map { key in
            let standard =
                switch key.standard {
                case .value(let value): "`\(value)`"
                case .words(let words, _): words
                }
            return "| `\(key.name)` | `\(key.variable)` | \(standard) | \(key.description) |"
        }
    }

    private static func wrapped(_ text: String) -> [String] {
        text.split(separator: " ").reduce(into: [String]()) { lines, word in
            if let last = lines.last, last.count + word.count < 120 {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }
}

extension ConfigurationKey {
    /// The value that the YAML file shows.
    var example: String {
        switch standard {
        case .value(let value): value
        case .words(_, let example): example
        }
    }
}
