import TestSupport

/// Whether a JSON value is as a JSON Schema (draft 2020-12) says, for the keywords that the monitor's description uses. An unknown keyword
/// is a failure: else a schema could promise what nobody checks.
struct SchemaCheck {
    /// Those under `#/components/schemas`.
    let components: [String: JSONTree]

    /// The faults of `value`, each with its path; empty if there is none.
    func problems(_ value: JSONTree, _ schema: JSONTree, at place: String = "$") -> [String] {
        guard case .object(let keywords) = schema else { return ["\(place): the schema is no object"] }
        return keywords.sorted { $0.key < $1.key }.flatMap { keyword, argument -> [String] in
            switch keyword {
            case "description", "default": return []
            case "$ref": return referred(argument).map { problems(value, $0, at: place) } ?? ["\(place): \(argument) leads nowhere"]
            case "type":
                let types = argument.string.map { [$0] } ?? argument.array.compactMap(\.string)
                return types.contains { Self.isOf($0, value) } ? [] : ["\(place): \(value) is no \(argument)"]
            case "enum": return argument.array.contains(value) ? [] : ["\(place): \(value) is none of \(argument)"]
            case "const": return argument == value ? [] : ["\(place): \(value) is not \(argument)"]
            case "pattern":
                guard let pattern = argument.string.flatMap({ try? Regex($0) }) else { return ["\(place): \(argument) is no pattern"] }
                guard let text = value.string else { return [] }
                return text.contains(pattern) ? [] : ["\(place): \(value) does not match \(argument)"]
            case "minLength": return bound(value.string.map { Double($0.unicodeScalars.count) }, argument, >=, place)
            case "maxLength": return bound(value.string.map { Double($0.unicodeScalars.count) }, argument, <=, place)
            case "minimum": return bound(value.number, argument, >=, place)
            case "maximum": return bound(value.number, argument, <=, place)
            case "maxItems": return bound(Double(value.array.count), argument, <=, place)
            case "items": return value.array.enumerated().flatMap { problems($1, argument, at: "\(place)[\($0)]") }
            case "required":
                guard case .object(let members) = value else { return [] }
                return argument.array.compactMap(\.string).filter { members[$0] == nil }.map { "\(place): \($0) is missing" }
            case "properties":
                guard case .object(let members) = value else { return [] }
                return members.filter { argument[$0.key] != .null }.flatMap { problems($1, argument[$0], at: "\(place).\($0)") }
            case "additionalProperties":
                return others(value, known: names(keywords["properties"]), argument, place)
            case "unevaluatedProperties": return others(value, known: evaluated(schema), argument, place)
            case "allOf": return argument.array.flatMap { problems(value, $0, at: place) }
            case "oneOf":
                let fitting = argument.array.count { problems(value, $0, at: place).isEmpty }
                return fitting == 1 ? [] : ["\(place): \(value) is as \(fitting) of \(argument)"]
            default: return ["\(place): the keyword \(keyword) is not known to this check"]
            }
        }
    }

    private func referred(_ reference: JSONTree) -> JSONTree? {
        let prefix = "#/components/schemas/"
        guard let text = reference.string, text.hasPrefix(prefix) else { return nil }
        return components[String(text.dropFirst(prefix.count))]
    }

    private func bound(_ number: Double?, _ argument: JSONTree, _ isRight: (Double, Double) -> Bool, _ place: String) -> [String] {
        guard let number, let limit = argument.number, !isRight(number, limit) else { return [] }
        return ["\(place): \(number) is beyond \(limit)"]
    }

    private func names(_ properties: JSONTree?) -> Set<String> {
        if case .object(let members)? = properties { Set(members.keys) } else { [] }
    }

    /// The members that a schema speaks of by name, itself or by those that it is made of.
    private func evaluated(_ schema: JSONTree) -> Set<String> {
        let parts = schema["allOf"].array + (referred(schema["$ref"]).map { [$0] } ?? [])
        return parts.reduce(names(schema["properties"])) { $0.union(evaluated($1)) }
    }

    /// The members that no name is known of: none are right where the argument is false, else those that are as it says.
    private func others(_ value: JSONTree, known: Set<String>, _ argument: JSONTree, _ place: String) -> [String] {
        guard case .object(let members) = value else { return [] }
        return members.filter { !known.contains($0.key) }.flatMap { name, member in
            if let isAllowed = argument.bool { return isAllowed ? [] : ["\(place): \(name) is not described"] }
            return problems(member, argument, at: "\(place).\(name)")
        }
    }

    private static func isOf(_ type: String, _ value: JSONTree) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array), ("object", .object): true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }
}
