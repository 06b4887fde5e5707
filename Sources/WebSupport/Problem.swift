package import Foundation
package import Hummingbird
import TaskGridCore

/// An error as a web server tells it: a problem document (RFC 9457), `application/problem+json`.
package struct Problem: Error, Hashable {
    package var status: HTTPResponse.Status
    /// A message: what happened, and what to do.
    package var detail: String
    /// For `405`: the methods that are allowed.
    package var allow: String?
    /// For `429` and `503`: when to ask again.
    package var retryAfter: Duration?
    /// For `403`: the role that the token lacks.
    package var role: Role?

    package init(status: HTTPResponse.Status, detail: String, allow: String? = nil, retryAfter: Duration? = nil, role: Role? = nil) {
        self.role = role
        self.status = status
        self.detail = detail
        self.allow = allow
        self.retryAfter = retryAfter
    }

    private struct Document: Encodable {
        var type = "about:blank"
        var title: String
        var status: Int
        var detail: String
    }

    /// The JSON schema of its document.
    package static let schema = JSONSchema.object([
        "type": .constant("about:blank"), "title": .string, "status": .integer,
        "detail": .string.described("A message: what happened, and what to do."),
    ]).described("RFC 9457.").named("Problem")

    package var response: Response {
        let document = Document(title: status.reasonPhrase, status: status.code, detail: detail)
        var response = Response.json(document, status: status, contentType: "application/problem+json")
        if let allow { response.headers[.allow] = allow }
        if let retryAfter { response.headers[.retryAfter] = "\(max(1, Int(retryAfter.seconds.rounded(.up))))" }
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        // RFC 6750, section 3.1.
        if let role { response.headers[.wwwAuthenticate] = "Bearer error=\"insufficient_scope\", scope=\"\(role.rawValue)\"" }
        return response
    }
}

extension Response {
    /// JSON as `JSON.shown` has it, and a line's end.
    package static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, contentType: String = "application/json", pretty: Bool = false
    ) -> Response {
        json(encoded: JSON.shown(value, pretty: pretty), status: status, contentType: contentType)
    }

    /// JSON that is encoded already, and a line's end.
    package static func json(
        encoded: Data, status: HTTPResponse.Status = .ok, contentType: String = "application/json"
    ) -> Response {
        var body = ByteBuffer(bytes: encoded)
        body.writeInteger(UInt8(ascii: "\n"))
        return Response(
            status: status, headers: [.contentType: contentType, .contentLength: "\(body.readableBytes)"],
            body: ResponseBody(byteBuffer: body)
        )
    }
}
