import HTTPTypes
package import Hummingbird

/// A request of a route, whose parameters are read and checked.
package struct RouteCall: Sendable {
    package let request: Request
    private let values: [String: any Sendable]

    /// `parameters` are those that the route takes. Every query parameter must be one of them, once, with a value that it takes.
    ///
    /// - Throws: a `Problem` of 400 that names the parameter.
    init(_ request: Request, _ context: BasicRequestContext, parameters: [any AnyRouteParameter], checksQuery: Bool) throws(Problem) {
        let query = checksQuery ? try Self.query(request, parameters) : [:]
        var values: [String: any Sendable] = [:]
        for parameter in parameters {
            let text: String? =
                switch parameter.place {
                case .path: context.parameters.get(parameter.name) ?? ""
                case .query: query[parameter.name]
                case .header: HTTPField.Name(parameter.name).flatMap { request.headers[$0] }
                }
            values[parameter.name] = try parameter.value(of: text)
        }
        self.request = request
        self.values = values
    }

    private static func query(_ request: Request, _ parameters: [any AnyRouteParameter]) throws(Problem) -> [String: String] {
        let known = parameters.filter { $0.place == .query }.map(\.name).sorted()
        var values: [String: String] = [:]
        for (key, value) in request.uri.queryParameters {
            let name = String(key)
            guard known.contains(name) else {
                let there = known.isEmpty ? "none" : known.map { "'\($0)'" }.joined(separator: ", ")
                throw Problem(status: .badRequest, detail: "there is no parameter '\(name.prefix(40))'; there is \(there)")
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw Problem(status: .badRequest, detail: "parameter '\(name)' is given twice")
            }
        }
        return values
    }

    /// The value of one of the route's parameters.
    ///
    /// - Throws: `UndeclaredParameter` where the route does not name it among its parameters.
    package func value<Value>(of parameter: RouteParameter<Value>) throws -> Value {
        guard let value = values[parameter.name] as? Value else { throw UndeclaredParameter(name: parameter.name) }
        return value
    }
}

/// A route reads a parameter that it does not name among its parameters: a mistake in the route.
struct UndeclaredParameter: Error {
    let name: String
}
