import HTTPTypes

/// A parameter of a route as a value: what a request may give, what that means, and how it is described.
package struct RouteParameter<Value: Sendable>: AnyRouteParameter {
    package typealias Reader = @Sendable (_ text: String?) throws(Problem) -> Value

    package let name: String
    package let place: RouteParameterPlace
    package let summary: String
    package let schema: JSONSchema
    package let example: String?
    package let isRequired: Bool
    private let read: Reader

    /// - `example`: a value that a grid is likely to know.
    /// - `isRequired`: a request must give it; one in the path always.
    /// - `read`: the value of its text, nil where a request does not give it. It throws a `Problem` that names the parameter.
    package init(
        _ name: String, in place: RouteParameterPlace = .query, summary: String, schema: JSONSchema, example: String? = nil,
        isRequired: Bool = false, read: @escaping Reader
    ) {
        self.name = name
        self.place = place
        self.summary = summary
        self.schema = schema
        self.example = example
        self.isRequired = isRequired || place == .path
        self.read = read
    }

    package func value(of text: String?) throws(Problem) -> any Sendable { try read(text) }
}

/// The place of a parameter in a request.
package enum RouteParameterPlace: String, Sendable {
    case path, query, header
}

/// A parameter, of whichever type its value is.
package protocol AnyRouteParameter: Sendable {
    var name: String { get }
    var place: RouteParameterPlace { get }
    var summary: String { get }
    var schema: JSONSchema { get }
    var example: String? { get }
    var isRequired: Bool { get }

    /// - Throws: a `Problem` of 400 where the text is none of its values.
    func value(of text: String?) throws(Problem) -> any Sendable
}

extension Problem {
    /// A parameter is given a text that it does not take, or (nil) is not given though it must be.
    package init(parameter: String, is text: String?, takes choice: String) {
        let what = text.map { "'\($0.prefix(40))'" } ?? "missing"
        self.init(status: .badRequest, detail: "parameter '\(parameter)' is \(what); it takes \(choice)")
    }
}

// MARK: Kinds

extension RouteParameter where Value == Bool {
    /// `pretty`, `pretty=true` or `pretty=1`: indented.
    package static let pretty = RouteParameter(
        "pretty", summary: "Indented for people.", schema: .string(among: ["", "true", "false", "1", "0"])
    ) { text throws(Problem) in
        switch text {
        case nil, "false", "0": return false
        case "", "true", "1": return true
        case .some(let text): throw Problem(parameter: "pretty", is: text, takes: "true or false")
        }
    }
}

extension RouteParameter where Value == Int {
    /// A whole number within bounds.
    package static func integer(_ name: String, summary: String, in range: ClosedRange<Int>, default standard: Int) -> RouteParameter {
        RouteParameter(name, summary: summary, schema: .integer(range).defaulting(to: standard)) { text throws(Problem) in
            guard let text else { return standard }
            guard let value = Int(text), value.description == text, range.contains(value) else {
                throw Problem(parameter: name, is: text, takes: "\(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }
}

extension RouteParameter {
    /// One of several values by their names; nil where it is not given.
    package static func choice<Choice: Sendable>(
        _ name: String, summary: String, schema: JSONSchema, of choices: [(name: String, value: Choice)]
    ) -> RouteParameter where Value == Choice? {
        RouteParameter(name, summary: summary, schema: schema) { text throws(Problem) in
            guard let text else { return nil }
            guard let choice = choices.first(where: { $0.name == text }) else {
                throw Problem(parameter: name, is: text, takes: choices.map(\.name).joined(separator: ", "))
            }
            return choice.value
        }
    }
}
