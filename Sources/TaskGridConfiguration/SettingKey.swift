/// A key of the settings `Settings` in one value. The parser, the variable of the environment, the YAML file, `--help` and the table
/// in `ConfigurationReference.md` derive from it; a test compares the file and the table with it.
package struct SettingKey<Settings>: Sendable {
    /// Such as `worker.drain-deadline`: what stands before the dot is its section of the YAML file.
    package let name: String
    /// Sentences for the YAML file and the reference; `--help` has the first one.
    package let description: String
    /// The placeholder of a value in `--help`; nil: the option's name.
    package let valueName: String?
    /// The values that it can have, where they are few.
    package let choices: [String]
    /// Whether its values begin with a digit.
    package let isNumber: Bool
    package let standard: SettingDefault
    /// Takes it into a configuration from the first place that has it.
    package let read: @Sendable (SettingSources, inout Settings) throws(SettingError) -> Void

    /// A key that is read into a property of the settings. Without `standard` its default is the property's in `defaults`.
    package init<Value>(
        _ name: String, _ property: any WritableKeyPath<Settings, Value> & Sendable, kind: ValueKind<Value>,
        in defaults: Settings, valueName: String? = nil, standard: SettingDefault? = nil, description: String
    ) {
        self.name = name
        self.description = description
        self.valueName = valueName
        choices = kind.choices
        isNumber = kind.isNumber
        self.standard = standard ?? .value(kind.write(defaults[keyPath: property]))
        read = { sources, settings throws(SettingError) in
            if let value = try sources.value(name, kind) { settings[keyPath: property] = value }
        }
    }

    /// A key of a list, each element of the given kind.
    package init(
        _ name: String, _ property: any WritableKeyPath<Settings, [String]> & Sendable, listOf kind: ValueKind<String>,
        example: String, description: String
    ) {
        self.name = name
        self.description = description
        valueName = nil
        choices = []
        isNumber = false
        standard = .words("none", example: example)
        read = { sources, settings throws(SettingError) in
            if let value = try sources.list(name, kind) { settings[keyPath: property] = value }
        }
    }

    /// The same key of settings that contain these.
    package func within<Whole>(_ part: any WritableKeyPath<Whole, Settings> & Sendable) -> SettingKey<Whole> {
        SettingKey<Whole>(self) { [read] sources, whole throws(SettingError) in try read(sources, &whole[keyPath: part]) }
    }

    private init<Part>(
        _ key: SettingKey<Part>, read: @escaping @Sendable (SettingSources, inout Settings) throws(SettingError) -> Void
    ) {
        name = key.name
        description = key.description
        valueName = key.valueName
        choices = key.choices
        isNumber = key.isNumber
        standard = key.standard
        self.read = read
    }

    /// Its variable of the environment: `worker.drain-deadline` is `TASKGRID_WORKER_DRAIN_DEADLINE`.
    package var variable: String { SettingSources.variable(of: name) }

    /// Its option on the command line, without the dashes: `worker.drain-deadline` is `drain-deadline`.
    package var option: String { name.split(separator: ".").last.map(String.init) ?? name }

    /// The first sentence of its description and its default, without Markdown.
    package var help: String {
        let sentence = description.firstRange(of: ". ").map { description[..<$0.lowerBound] + "." } ?? description[...]
        return "\(sentence) (default: \(standard.text))".replacing("`", with: "")
    }
}

/// The value of a key that is not set.
package enum SettingDefault: Hashable, Sendable {
    /// A value, as it would be written.
    case value(String)
    /// A default that the program decides when it runs, or none; and a value for the YAML file to show.
    case words(String, example: String)

    package var text: String {
        switch self {
        case .value(let value): value.isEmpty ? "none" : value
        case .words(let words, _): words
        }
    }
}
