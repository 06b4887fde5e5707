import Configuration
import Foundation

/// The places that can give a setting: arguments, environment, file. The first one that gives it wins.
package struct SettingSources: Sendable {
    /// One place, and the name that a key has there.
    struct Layer: Sendable {
        let reader: ConfigReader
        let name: @Sendable (String) -> String
        /// Whether an empty text counts as a setting that is not given.
        var skipsEmpty = true

        /// A setting's text; of a list in the file, its elements joined by commas.
        func text(_ key: String) -> String? {
            guard let text = reader.string(forKey: ConfigKey(key), isSecret: true) ?? elements(key)?.joined(separator: ","),
                !(skipsEmpty && text.isEmpty)
            else { return nil }
            return text
        }

        /// The elements of a setting that is a list in the file; nil: it is none.
        func elements(_ key: String) -> [String]? {
            // A variable of the environment can be read as both.
            guard reader.string(forKey: ConfigKey(key), isSecret: true) == nil else { return nil }
            return reader.stringArray(forKey: ConfigKey(key), isSecret: true)
        }

        /// A setting's elements: of a list in the file, or of a text that has commas between them.
        func list(_ key: String) -> [String]? {
            let parts = text(key).map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
            return (parts ?? elements(key))?.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    let layers: [Layer]
    /// Why the settings file that is there is not used; nil: it is used, or there is none.
    package let warning: String?

    /// No place.
    package init() {
        layers = []
        warning = nil
    }

    /// - Parameters:
    ///   - arguments: the values of the program's options, by key.
    ///   - file: the settings file that `--config` names; nil: as ``SettingsFile`` chooses.
    ///   - environment: the variables of the process.
    /// - Throws: `SettingError` where the file cannot be read, or is no YAML.
    package init(
        arguments: [String: String], file: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(SettingError) {
        // Those of other programs are left out, and an empty one counts as not set.
        let variables = environment.filter { $0.key.hasPrefix("TASKGRID_") && !$0.value.isEmpty }
        var layers = [
            Layer(reader: Self.reader(of: arguments), name: { "--\($0.split(separator: ".").last ?? "")" }, skipsEmpty: false),
            Layer(
                reader: ConfigReader(
                    provider: EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "taskgrid")
                ),
                name: Self.variable
            ),
        ]
        var warning: String?
        switch SettingsFile.choice(file, environment: variables) {
        case .none: break
        case .distrusted(let reason): warning = reason
        case .file(let path):
            if Self.isBlank(path) { break }
            do {
                let provider = try await FileProvider<YAMLSnapshot>(config: Self.reader(of: ["filePath": path]))
                layers.append(Layer(reader: ConfigReader(provider: provider), name: { "\(path): \($0)" }))
            } catch {
                if let error = Self.unreadable(path) { throw error }
                // The parser's error quotes the file, which may hold a secret.
                throw SettingError(
                    .invalid,
                    """
                    the configuration file \(path) is not UTF-8, or no YAML of keys and values; to see what is wrong: \
                    taskgrid stats --config \(ShellWord(path: path))
                    """
                )
            }
        }
        self.layers = layers
        self.warning = warning
    }

    /// The error of a settings file that the system does not let this process read; nil: it does.
    ///
    /// - Parameter path: the file's path.
    package static func unreadable(_ path: String) -> SettingError? {
        let code = Errno.ofReading(path)
        guard code != 0 else { return nil }
        let message = "the configuration file \(path) cannot be read (\(Errno.text(code))): give another with --config or TASKGRID_CONFIG"
        return SettingError(.unreadable, message)
    }

    /// Whether a file has nothing but comments, which the YAML parser refuses.
    private static func isBlank(_ path: String) -> Bool {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
        return text.split(whereSeparator: \.isNewline).allSatisfy { line in
            let line = line.drop(while: \.isWhitespace)
            return line.isEmpty || line.hasPrefix("#")
        }
    }

    private static func reader(of arguments: [String: String]) -> ConfigReader {
        let values = arguments.map { (AbsoluteConfigKey(ConfigKey($0)), ConfigValue(.string($1), isSecret: false)) }
        return ConfigReader(provider: InMemoryProvider(values: Dictionary(values) { $1 }))
    }

    /// The variable of a key: `worker.drain-deadline` is `TASKGRID_WORKER_DRAIN_DEADLINE`.
    package static func variable(of key: String) -> String {
        "TASKGRID_" + key.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    /// The text of a setting in the first place, the command's arguments, which every user of the machine can see.
    package func argument(_ key: String) -> String? { layers.first?.text(key) }

    /// Whether an argument has the password of the broker.
    package var argumentShowsPassword: Bool { argument("broker").map(BrokerURL.hasPassword) ?? false }

    /// Whether a setting stands in the place that names the grid's folder, or in one before it: there it counts more than what the `grid.json`
    /// of that folder says. Of the standard folder, which no place names, all places count.
    package func overrulesFolder(_ key: String) -> Bool {
        let end = layers.firstIndex { $0.text("data") != nil } ?? layers.endIndex
        return layers.prefix(end + 1).contains { $0.text(key) != nil }
    }

    /// Whether an argument names the grid's folder, and a later place a broker, which therefore is not used.
    package var hasBrokerBehindFolder: Bool { argument("data") != nil && argument("broker") == nil && text("broker") != nil }

    /// A setting's text, and the setting's name in the place that gives it; nil: no place does.
    package func text(_ key: String) -> (text: String, name: String)? {
        for layer in layers {
            if let text = layer.text(key) { return (text, layer.name(key)) }
        }
        return nil
    }

    /// A setting; nil: no place gives it.
    ///
    /// - Throws: `SettingError` naming it if its text is not of this kind.
    package func value<Value>(_ key: String, _ kind: ValueKind<Value>) throws(SettingError) -> Value? {
        guard let (text, name) = text(key) else { return nil }
        return try Self.value(text, named: name, kind)
    }

    /// A list; nil: no place gives it.
    package func list(_ key: String, _ kind: ValueKind<String>) throws(SettingError) -> [String]? {
        for layer in layers {
            guard let parts = layer.list(key) else { continue }
            var values: [String] = []
            for part in parts { values.append(try Self.value(part, named: layer.name(key), kind)) }
            return values
        }
        return nil
    }

    private static func value<Value>(_ text: String, named name: String, _ kind: ValueKind<Value>) throws(SettingError) -> Value {
        if let value = kind.read(text) { return value }
        throw SettingError(.invalid, kind.isSecret ? "\(name): \(kind.what)" : "\(name): '\(text.prefix(80))' is not \(kind.what)")
    }
}
