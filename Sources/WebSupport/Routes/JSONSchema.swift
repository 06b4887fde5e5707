/// The shape of a JSON value: JSON Schema (draft 2020-12), with the keywords that routes need.
///
/// It is encoded as it stands where it is used: whole, or where it has a name as a reference to the document's components.
package struct JSONSchema: Hashable, Sendable {
    /// The value of a keyword.
    fileprivate enum Keyword: Hashable, Sendable {
        case flag(Bool)
        case number(Int)
        case text(String)
        case texts([String])
        case schema(JSONSchema)
        case schemas([JSONSchema])
        case fields([String: JSONSchema])
    }

    /// Its name among the document's components; nil: it has none.
    package private(set) var name: String?
    private var keywords: [String: Keyword]

    private init(_ keywords: [String: Keyword]) {
        self.keywords = keywords
    }

    private subscript(keyword: String) -> Keyword? {
        get { keywords[keyword] }
        set { keywords[keyword] = newValue }
    }

    // MARK: Kinds

    package static let string = JSONSchema(["type": .text("string")])
    package static let boolean = JSONSchema(["type": .text("boolean")])
    package static let integer = JSONSchema(["type": .text("integer")])
    package static let number = JSONSchema(["type": .text("number")])
    /// A whole number from 0 on.
    package static let count = integer.atLeast(0)
    private static let null = JSONSchema(["type": .text("null")])

    package static func string(pattern: String) -> JSONSchema { string.with("pattern", .text(pattern)) }

    package static func string(among texts: [String]) -> JSONSchema { string.with("enum", .texts(texts)) }

    /// A text of so many characters.
    package static func string(length: ClosedRange<Int>) -> JSONSchema {
        string.with("minLength", .number(length.lowerBound)).with("maxLength", .number(length.upperBound))
    }

    package static func integer(_ range: ClosedRange<Int>) -> JSONSchema {
        integer.atLeast(range.lowerBound).with("maximum", .number(range.upperBound))
    }

    package static func constant(_ text: String) -> JSONSchema { JSONSchema(["const": .text(text)]) }

    /// One of these texts.
    package static func choice(_ texts: some Sequence<String>) -> JSONSchema { JSONSchema(["enum": .texts(Array(texts))]) }

    package static func choice<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> JSONSchema
    where Choice.RawValue == String { choice(type.allCases.map(\.rawValue)) }

    package static func array(of item: JSONSchema) -> JSONSchema { JSONSchema(["type": .text("array"), "items": .schema(item)]) }

    /// An object of any members, all of which look alike.
    package static func map(of member: JSONSchema) -> JSONSchema {
        JSONSchema(["type": .text("object"), "additionalProperties": .schema(member)])
    }

    /// An object with these members, and no others.
    ///
    /// - Parameters:
    ///   - members: those that are always there.
    ///   - optional: those that may be missing.
    ///   - isOpen: whether there may be others too.
    package static func object(
        _ members: [String: JSONSchema], optional: [String: JSONSchema] = [:], isOpen: Bool = false
    ) -> JSONSchema {
        var schema = JSONSchema(["type": .text("object")])
        schema["required"] = .texts(members.keys.sorted())
        schema["properties"] = .fields(members.merging(optional) { $1 })
        if !isOpen { schema["additionalProperties"] = .flag(false) }
        return schema
    }

    /// This object with further members, and no others; the object itself is open.
    package func extended(with members: [String: JSONSchema] = [:]) -> JSONSchema {
        var schema = JSONSchema(["allOf": .schemas([self]), "unevaluatedProperties": .flag(false)])
        guard !members.isEmpty else { return schema }
        schema["type"] = .text("object")
        schema["required"] = .texts(members.keys.sorted())
        schema["properties"] = .fields(members)
        return schema
    }

    // MARK: Variants

    package func named(_ name: String) -> JSONSchema {
        var schema = self
        schema.name = name
        return schema
    }

    package func described(_ text: String) -> JSONSchema { with("description", .text(text)) }
    package func atLeast(_ minimum: Int) -> JSONSchema { with("minimum", .number(minimum)) }
    package func atMost(items: Int) -> JSONSchema { with("maxItems", .number(items)) }
    package func defaulting(to value: Int) -> JSONSchema { with("default", .number(value)) }
    package func defaulting(to value: String) -> JSONSchema { with("default", .text(value)) }

    /// This, or null.
    package var nullable: JSONSchema {
        guard name == nil, case .text(let type) = keywords["type"] else { return JSONSchema(["oneOf": .schemas([self, .null])]) }
        return with("type", .texts([type, "null"]))
    }

    private func with(_ keyword: String, _ value: Keyword) -> JSONSchema {
        var schema = self
        schema[keyword] = value
        return schema
    }

    // MARK: Components

    /// As it stands among the components: whole.
    package var definition: JSONSchema {
        var schema = self
        schema.name = nil
        return schema
    }

    /// This and all that it is made of, as far as they have names.
    package var components: Set<JSONSchema> {
        let parts = keywords.values.flatMap { keyword -> [JSONSchema] in
            switch keyword {
            case .schema(let schema): [schema]
            case .schemas(let schemas): schemas
            case .fields(let fields): Array(fields.values)
            case .flag, .number, .text, .texts: []
            }
        }
        return parts.reduce(into: name == nil ? [] : [self]) { $0.formUnion($1.components) }
    }
}

extension JSONSchema: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let name { try container.encode(["$ref": "#/components/schemas/\(name)"]) } else { try container.encode(keywords) }
    }
}

extension JSONSchema.Keyword: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .texts(let value): try container.encode(value)
        case .schema(let value): try container.encode(value)
        case .schemas(let value): try container.encode(value)
        case .fields(let value): try container.encode(value)
        }
    }
}
