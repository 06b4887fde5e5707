import Foundation
import HTTPTypes
package import Hummingbird

/// A request of a route, whose parameters are read and checked.
package struct RouteCall: Sendable {
    package let request: Request
    /// The sender of the request.
    package let caller: Caller
    private let values: [String: any Sendable]

    /// `parameters` are those that the route takes. Every query parameter must be one of them, once, with a value that it takes.
    ///
    /// - Throws: a `Problem` of 400 that names the parameter.
    init(
        _ request: Request, _ context: WebContext, from caller: Caller, parameters: [any AnyRouteParameter], checksQuery: Bool
    ) throws(Problem) {
        let query = checksQuery ? try Self.query(request, parameters) : [:]
        var values: [String: any Sendable] = [:]
        for parameter in parameters {
            let text: String? =
                switch parameter.place {
                case .path: try Self.decoded(context.parameters.get(parameter.name) ?? "", parameter.name)
                case .query: query[parameter.name]
                case .header: HTTPField.Name(parameter.name).flatMap { request.headers[$0] }
                }
            values[parameter.name] = try parameter.value(of: text)
        }
        self.request = request
        self.caller = caller
        self.values = values
    }

    /// The query's parameters, as forms write them: `+` is a space (application/x-www-form-urlencoded, URL Standard section 5.1).
    private static func query(_ request: Request, _ parameters: [any AnyRouteParameter]) throws(Problem) -> [String: String] {
        let known = parameters.filter { $0.place == .query }.map(\.name).sorted()
        var values: [String: String] = [:]
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { $0.replacing("+", with: " ") }
            let name = try decoded(parts[0], "a name")
            guard known.contains(name) else {
                let there = known.isEmpty ? "none" : known.map { "'\($0)'" }.joined(separator: ", ")
                throw Problem(status: .badRequest, detail: "there is no parameter '\(name.prefix(40))'; there is \(there)")
            }
            let value = try decoded(parts.count > 1 ? parts[1] : "", name)
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem(status: .badRequest, detail: "parameter '\(name)' is given twice")
            }
        }
        return values
    }

    /// A text whose bytes may be percent-encoded (RFC 3986 section 2.1).
    private static func decoded(_ text: some StringProtocol, _ name: String) throws(Problem) -> String {
        guard let decoded = text.removingPercentEncoding else {
            throw Problem(status: .badRequest, detail: "parameter '\(name.prefix(40))' is not percent-encoded UTF-8")
        }
        return decoded
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
