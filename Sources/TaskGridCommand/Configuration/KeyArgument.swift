import ArgumentParser
import TaskGridConfiguration

/// A configuration key's value on the command line.
struct KeyArgument: Hashable, Sendable {
    /// The key's name.
    let key: String
    let text: String

    /// Those that are given, by their keys.
    static func byKey(_ arguments: [KeyArgument?]) -> [String: String] {
        Dictionary(arguments.compactMap(\.self).map { ($0.key, $0.text) }) { $1 }
    }

    /// Those that are given, by their variables: for processes that this one starts.
    static func byVariable(_ arguments: [KeyArgument?]) -> [String: String] {
        Dictionary(arguments.compactMap(\.self).map { (ConfigurationKey.variable(of: $0.key), $0.text) }) { $1 }
    }
}

extension Option where Value == KeyArgument? {
    /// An option with the name, help and choices of a configuration key.
    ///
    /// - Parameters:
    ///   - key: the key's name.
    ///   - names: its names where it has others than the key's.
    ///   - completion: how a shell completes it; nil: with the key's choices.
    init(key: String, names: NameSpecification? = nil, completion: CompletionKind? = nil) {
        let key = ConfigurationKey.named(key)
        self.init(
            name: names ?? [.customLong(key.option)],
            parsing: key.isNumber ? .unconditional : .next,
            help: ArgumentHelp(key.help, valueName: key.valueName),
            completion: completion ?? (key.choices.isEmpty ? nil : .list(key.choices)),
            transform: { KeyArgument(key: key.name, text: $0) }
        )
    }
}

extension Option where Value == [KeyArgument] {
    /// An option with the name and help of a configuration key, which counts how often it is given.
    ///
    /// - Parameter key: the key's name.
    init(key: String) {
        let key = ConfigurationKey.named(key)
        self.init(
            wrappedValue: [], name: [.customLong(key.option)], help: ArgumentHelp(key.help, valueName: key.valueName),
            transform: { KeyArgument(key: key.name, text: $0) }
        )
    }
}
