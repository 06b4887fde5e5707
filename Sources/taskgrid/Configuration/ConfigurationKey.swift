/// A key of the configuration in one value. The parser, the variable of the environment, the YAML file, `--help` and README's table
/// derive from it; a test compares the file and the table with it.
struct ConfigurationKey: Sendable {
    /// Such as `worker.drain-deadline`: what stands before the dot is its section of the YAML file.
    let name: String
    /// Sentences for the YAML file and README; `--help` has the first one.
    let description: String
    /// The placeholder of a value in `--help`; nil: the option's name.
    let valueName: String?
    /// The values that it can have, where they are few.
    let choices: [String]
    let standard: Default
    /// Takes it into a configuration from the first place that has it.
    let read: @Sendable (SettingSources, inout Configuration) throws(Failure) -> Void

    /// The value of a key that is not set.
    enum Default: Hashable, Sendable {
        /// A value, as it would be written.
        case value(String)
        /// A default that the command decides when it runs, or none; and a value for the YAML file to show.
        case words(String, example: String)

        var text: String {
            switch self {
            case .value(let value): value.isEmpty ? "none" : value
            case .words(let words, _): words
            }
        }
    }

    /// A key that is read into a property of the configuration. Without `standard` its default is the property's.
    init<Value>(
        _ name: String, _ property: any WritableKeyPath<Configuration, Value> & Sendable, kind: ValueKind<Value>,
        valueName: String? = nil, standard: Default? = nil, description: String
    ) {
        self.name = name
        self.description = description
        self.valueName = valueName
        choices = kind.choices
        self.standard = standard ?? .value(kind.write(Configuration()[keyPath: property]))
        read = { settings, configuration throws(Failure) in
            if let value = try settings.value(name, kind) { configuration[keyPath: property] = value }
        }
    }

    /// A key of a list, each element of the given kind.
    init(
        _ name: String, _ property: any WritableKeyPath<Configuration, [String]> & Sendable, listOf kind: ValueKind<String>,
        example: String, description: String
    ) {
        self.name = name
        self.description = description
        valueName = nil
        choices = []
        standard = .words("none", example: example)
        read = { settings, configuration throws(Failure) in
            if let value = try settings.list(name, kind) { configuration[keyPath: property] = value }
        }
    }

    /// Its variable of the environment.
    var variable: String { Self.variable(of: name) }

    /// `worker.drain-deadline` is `TASKGRID_WORKER_DRAIN_DEADLINE`.
    static func variable(of name: String) -> String {
        "TASKGRID_" + name.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    /// Its option on the command line, without the dashes: `worker.drain-deadline` is `drain-deadline`.
    var option: String { name.split(separator: ".").last.map(String.init) ?? name }

    /// The first sentence of its description and its default, without Markdown.
    var help: String {
        let sentence = description.firstRange(of: ". ").map { description[..<$0.lowerBound] + "." } ?? description[...]
        return "\(sentence) (default: \(standard.text))".replacing("`", with: "")
    }
}
