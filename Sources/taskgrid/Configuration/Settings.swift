import Configuration
import Foundation
import TaskGridCore

/// The places that a setting can stand in, the first one that has it wins: arguments, environment, file.
struct Settings {
    /// One place, and how it calls a key.
    struct Layer {
        let reader: ConfigReader
        let name: @Sendable (String) -> String
        /// Whether an empty text is as good as none.
        var skipsEmpty = true

        func text(_ key: String) -> String? {
            guard let text = reader.string(forKey: ConfigKey(key), isSecret: true), !(skipsEmpty && text.isEmpty) else { return nil }
            return text
        }

        /// A list as the file writes it, or a text with commas.
        func list(_ key: String) -> [String]? {
            let parts = text(key).map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
            return (parts ?? reader.stringArray(forKey: ConfigKey(key), isSecret: true))?.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    let layers: [Layer]

    /// - `arguments`: by key; those of a command may be called otherwise than their key.
    /// - `file`: `--config`; nil: `TASKGRID_CONFIG`, else `config/taskgrid.yaml` where there is one.
    init(
        arguments: [String: String], file: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(Failure) {
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
                    throw Failure(.failed, "the configuration file \(path) cannot be read: is it there, and yours to read?")
                }
                throw Failure(.failed, "the configuration file \(path) cannot be read: \(error)")
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

    /// `worker.drain-deadline` is `TASKGRID_WORKER_DRAIN_DEADLINE`.
    static func variable(of key: String) -> String {
        "TASKGRID_" + key.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    /// A setting's text, and how its place calls it.
    func text(_ key: String) -> (text: String, name: String)? {
        for layer in layers {
            if let text = layer.text(key) { return (text, layer.name(key)) }
        }
        return nil
    }

    /// A setting; its default where it stands nowhere.
    ///
    /// `what`: what its text has to be, for the error that names it.
    func value<Value>(_ key: String, _ what: String, default value: Value, _ read: (String) -> Value?) throws(Failure) -> Value {
        guard let (text, name) = text(key) else { return value }
        guard let value = read(text) else { throw Failure(.failed, "\(name): '\(text.prefix(80))' is not \(what)") }
        return value
    }

    /// A list of texts; empty where it stands nowhere.
    ///
    /// `what`: what it has to be, for the error that names it.
    func list(_ key: String, _ what: String, _ isGood: (String) -> Bool) throws(Failure) -> [String] {
        for layer in layers {
            guard let parts = layer.list(key) else { continue }
            if let bad = parts.first(where: { !isGood($0) }) {
                throw Failure(.failed, "\(layer.name(key)): '\(bad.prefix(80))' is not \(what)")
            }
            return parts
        }
        return []
    }

    func integer(_ key: String, _ range: ClosedRange<Int>, default value: Int) throws(Failure) -> Int {
        try self.value(key, "a whole number from \(range.lowerBound) to \(range.upperBound)", default: value) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func duration(_ key: String, default value: Duration) throws(Failure) -> Duration {
        try self.value(key, DurationText.what, default: value, DurationText.read)
    }

    func choice<Value: RawRepresentable & CaseIterable>(_ key: String, default value: Value) throws(Failure) -> Value
    where Value.RawValue == String {
        let all = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return try self.value(key, "one of \(all)", default: value) { Value(rawValue: $0) }
    }
}
