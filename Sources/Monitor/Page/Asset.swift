import Hummingbird

/// A file of the dashboard, as it is served: whole, and only again when it has changed.
struct Asset: Sendable {
    let contentType: String
    let body: ByteBuffer
    /// Changes with the content.
    let tag: String

    init(_ contentType: String, _ bytes: [UInt8]) {
        self.contentType = contentType
        body = ByteBuffer(bytes: bytes)
        tag = "\"\(String(Self.hash(bytes), radix: 16))\""
    }

    /// A browser asks each time whether what it keeps is still right (`no-cache`), so that it never mixes two versions' files.
    func response(to request: Request) -> Response {
        var headers: HTTPFields = [.eTag: tag, .cacheControl: "no-cache"]
        if isKept(by: request) { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = contentType
        headers[.contentLength] = "\(body.readableBytes)"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    private func isKept(by request: Request) -> Bool {
        guard let kept = request.headers[.ifNoneMatch] else { return false }
        return kept.split(separator: ",").contains { one in
            let one = one.trimmingPrefix { $0 == " " }
            return one == "*" || one == tag || one == "W/\(tag)"
        }
    }

    /// FNV-1a, 64 bits: the same in every process, which `Hasher` is not.
    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
