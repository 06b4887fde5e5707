package import TaskGridCore

/// Which types of tasks are meant: names, and beginnings of names with a `*` behind, such as `hash,img-*`.
package struct TypePatterns: Hashable, Sendable {
    /// Every type.
    package static let all = TypePatterns(patterns: ["*"])

    private let patterns: [String]

    private init(patterns: [String]) { self.patterns = patterns }

    /// nil where the text is none: patterns have commas between them.
    package init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let isName = { (text: Substring) in (try? TaskType(String(text))) != nil }
        guard parts.allSatisfy({ $0 == "*" || isName($0.hasSuffix("*") ? $0.dropLast() : $0[...]) }) else { return nil }
        patterns = parts.contains("*") ? ["*"] : parts
    }

    /// Whether every type matches.
    package var areAll: Bool { self == .all }

    package func match(_ type: TaskType) -> Bool {
        patterns.contains { $0.hasSuffix("*") ? type.name.hasPrefix($0.dropLast()) : type.name == $0 }
    }
}

extension TypePatterns: CustomStringConvertible {
    package var description: String { patterns.joined(separator: ",") }
}
