import Configuration
import Foundation

/// The places that a setting can stand in, the first one that has it wins: arguments, environment, file.
package struct SettingSources: Sendable {
    /// One place, and how it calls a key.
    struct Layer: Sendable {
        let reader: ConfigReader
        let name: @Sendable (String) -> String
        /// Whether an empty text is as good as none.
        var skipsEmpty = true

        /// A text; of a list as the file writes it its elements with commas between them.
        func text(_ key: String) -> String? {
            let elements = reader.stringArray(forKey: ConfigKey(key), isSecret: true)
            guard let text = reader.string(forKey: ConfigKey(key), isSecret: true) ?? elements?.joined(separator: ","),
                !(skipsEmpty && text.isEmpty)
            else { return nil }
            return text
        }

        /// A list as the file writes it, or a text with commas.
        func list(_ key: String) -> [String]? {
            let parts = text(key).map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
            return (parts ?? reader.stringArray(forKey: ConfigKey(key), isSecret: true))?.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    let layers: [Layer]

    /// No place.
    package init() { layers = [] }

    /// - `arguments`: by key; those of a command may be called otherwise than their key.
    /// - `file`: `--config`; nil: `TASKGRID_CONFIG`, else `config/taskgrid.yaml` where there is one.
    package init(
        arguments: [String: String], file: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(SettingError) {
        // Only what is the command's own.
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
        let named = file ?? variables["TASKGRID_CONFIG"]
        let path = named ?? "config/taskgrid.yaml"
        if named != nil || FileManager.default.fileExists(atPath: path), !Self.isBlank(path) {
            do {
                let provider = try await FileProvider<YAMLSnapshot>(config: Self.reader(of: ["filePath": path]))
                layers.append(Layer(reader: ConfigReader(provider: provider), name: { "\(path): \($0)" }))
            } catch {
                guard FileManager.default.isReadableFile(atPath: path) else {
                    throw SettingError(.invalid, "the configuration file \(path) cannot be read: is it there, and yours to read?")
                }
                throw SettingError(.invalid, "the configuration file \(path) cannot be read: \(error)")
            }
        }
        self.layers = layers
    }

    /// Whether a file holds comments at most, which the parser would not take for settings.
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

    /// A setting's text, and how its place calls it.
    package func text(_ key: String) -> (text: String, name: String)? {
        for layer in layers {
            if let text = layer.text(key) { return (text, layer.name(key)) }
        }
        return nil
    }

    /// A setting; nil where it stands nowhere.
    ///
    /// - Throws: `SettingError` naming it where its text is none of its kind.
    package func value<Value>(_ key: String, _ kind: ValueKind<Value>) throws(SettingError) -> Value? {
        guard let (text, name) = text(key) else { return nil }
        return try Self.value(text, named: name, kind)
    }

    /// A list; nil where it stands nowhere.
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
