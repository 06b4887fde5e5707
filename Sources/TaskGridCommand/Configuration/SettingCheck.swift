import Foundation
import TaskGridConfiguration
import TaskGridCore
import Yams

/// Makes sure that the environment and the settings file have known keys alone, and one value where one belongs.
struct SettingCheck {
    /// Keys whose value may be a list.
    private static let lists: Set = ["broker", "health-hosts", "monitor.hosts"]
    /// Variables that are no settings: the file's name, and those of processes that the command itself starts.
    private static let otherVariables: Set = ["TASKGRID_CONFIG", "TASKGRID_FAILPOINT", "TASKGRID_CHAOS_JOURNAL"]

    /// The names of the keys.
    var keys = ConfigurationKey.all.map(\.name)

    /// Checks a file and the variables. Without a path the file is as `SettingsFile` chooses.
    ///
    /// - Throws: `Failure` naming the place of the first setting that cannot be, and the one that may have been meant.
    func check(file: String?, environment: [String: String] = ProcessInfo.processInfo.environment) throws(Failure) {
        try checkVariables(environment)
        if case .file(let path) = SettingsFile.choice(file, environment: environment) { try checkFile(path) }
    }

    private func checkVariables(_ environment: [String: String]) throws(Failure) {
        let known = keys.map(ConfigurationKey.variable)
        let unknown = environment.filter { name, value in
            name.hasPrefix("TASKGRID_") && !value.isEmpty && !known.contains(name) && !Self.otherVariables.contains(name)
                && !name.hasPrefix("TASKGRID_TEST_")
        }
        guard let name = unknown.keys.min() else { return }
        // The prefix, which all have, makes none of them likelier.
        let prefix = "TASKGRID_"
        let meant = known.map { String($0.dropFirst(prefix.count)) }.closest(to: String(name.dropFirst(prefix.count)))
        throw Failure(.failed, "\(name) is no setting\(meant.map { "; did you mean '\(prefix)\($0)'?" } ?? "")")
    }

    private func checkFile(_ path: String) throws(Failure) {
        if let error = SettingSources.unreadable(path) { throw Failure(error) }
        guard let text = FileManager.default.contents(atPath: path).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw Failure(.failed, "the configuration file \(path) cannot be read: it is not UTF-8")
        }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw Failure(.failed, "the configuration file \(path) cannot be read: \(Self.problem(error))")
        }
        guard let root, root.null == nil else { return }
        guard let mapping = root.mapping else {
            throw Failure(.failed, "the configuration file \(path) cannot be read: it has no keys with values, such as 'prefix: blue'")
        }
        try check(mapping, below: "", path)
    }

    private func check(_ mapping: Node.Mapping, below section: String, _ path: String) throws(Failure) {
        for (key, value) in mapping {
            let name = section + (key.scalar?.string ?? "?")
            if case .mapping(let mapping) = value {
                try check(mapping, below: "\(name).", path)
                continue
            }
            if keys.contains(where: { $0.hasPrefix("\(name).") }) {
                // A section whose settings are all comments.
                if value.null != nil { continue }
                throw Failure(.failed, "\(path): \(name) has settings below it, and no value of its own")
            }
            guard keys.contains(name) else {
                // Perhaps one outside of its section.
                let meant = keys.first { $0.hasSuffix(".\(name)") }.map { "; did you mean '\($0)'?" }
                throw Failure(.failed, "\(path): \(name) is no setting\(meant ?? keys.suggestion(for: name))")
            }
            guard let elements = value.sequence else { continue }
            guard Self.lists.contains(name) else {
                throw Failure(.failed, "\(path): \(name) has a list, where one value belongs")
            }
            guard elements.allSatisfy({ $0.scalar != nil }) else {
                throw Failure(.failed, "\(path): \(name) has a list of something other than values")
            }
        }
    }

    /// The parser's words without the text of the file, which may hold a secret.
    private static func problem(_ error: any Error) -> String {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            "line \(mark.line): \(problem)"
        case YamlError.reader(let problem, _, _, _): problem
        case YamlError.duplicatedKeysInMapping(let keys, _): "it has \(keys.joined(separator: ", ")) twice"
        default: "it is no YAML"
        }
    }
}
