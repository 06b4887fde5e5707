import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import WebSupport

/// The time that requests have, by a clock that the tests move.
@Suite struct RequestDeadlineTests {
    private let channel: EmbeddedChannel
    private let head = HTTPRequest(method: .post, scheme: nil, authority: "localhost", path: "/")

    init() throws {
        channel = EmbeddedChannel(handler: RequestDeadline(first: .seconds(10), next: .seconds(30)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func read(_ part: HTTPRequestPart) throws { try channel.writeInbound(part) }

    private func answer() throws {
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
    }

    private func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    @Test func `a request that comes a byte at a time is given up`() throws {
        try read(.head(head))
        for second in 1...9 {
            pass(1)
            try read(.body(ByteBuffer(string: "x")))
            #expect(channel.isActive, "second \(second)")
        }
        pass(1)
        #expect(!channel.isActive)
    }

    @Test func `a request that is there may be answered as late as it takes, and then the next one has its time`() throws {
        try read(.head(head))
        try read(.end(nil))
        pass(3600)
        #expect(channel.isActive)
        try answer()
        pass(29)
        #expect(channel.isActive)
        try read(.head(head))
        pass(1)
        #expect(!channel.isActive)
    }

    @Test func `a request has its whole time though the answer to the one before came early`() throws {
        try read(.head(head))
        try answer()
        pass(29)
        try read(.end(nil))
        pass(29)
        #expect(channel.isActive)
        pass(1)
        #expect(!channel.isActive)
    }
}
