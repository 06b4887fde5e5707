package import Hummingbird

/// What a request asks after the query mark. Every parameter must be one that its path knows, once, with a value that
/// it takes.
package struct QueryParameters {
    private let values: [String: String]

    /// - Throws: a `Problem` of 400 that names the parameter.
    package init(_ request: Request, allowed: Set<String>) throws(Problem) {
        var values: [String: String] = [:]
        for (key, value) in request.uri.queryParameters {
            let name = String(key)
            guard allowed.contains(name) else {
                let known = allowed.sorted().map { "'\($0)'" }.joined(separator: ", ")
                throw Problem(status: .badRequest, detail: "there is no parameter '\(name.prefix(40))'; there is \(known)")
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw Problem(status: .badRequest, detail: "parameter '\(name)' is given twice")
            }
        }
        self.values = values
    }

    /// `pretty`, `pretty=true` or `pretty=1`: indented.
    package func isPretty() throws(Problem) -> Bool {
        switch values["pretty"] {
        case nil, "false", "0": false
        case "", "true", "1": true
        case .some(let value): throw Self.bad("pretty", value, "true or false")
        }
    }

    /// A parameter's value.
    package subscript(name: String) -> String? { values[name] }

    /// A parameter with a value that it does not take.
    package static func bad(_ name: String, _ value: String, _ choice: String) -> Problem {
        Problem(status: .badRequest, detail: "parameter '\(name)' is '\(value.prefix(40))'; it takes \(choice)")
    }
}
