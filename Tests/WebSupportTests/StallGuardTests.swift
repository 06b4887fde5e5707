import NIOCore
import NIOEmbedded
import Testing

@testable import WebSupport

@Suite struct StallGuardTests {
    private func withChannel(_ body: (EmbeddedChannel) throws -> Void) throws {
        let channel = EmbeddedChannel(handler: StallGuard(patience: .seconds(10)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try body(channel)
        _ = try? channel.finish()
    }

    private func set(_ channel: EmbeddedChannel, writable: Bool) {
        channel.isWritable = writable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    @Test func `a connection that takes nothing is closed`() throws {
        try withChannel { channel in
            set(channel, writable: false)
            channel.embeddedEventLoop.advanceTime(by: .seconds(9))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(!channel.isActive)
        }
    }

    @Test func `a connection that is slow but takes data is kept`() throws {
        try withChannel { channel in
            for _ in 0..<10 {
                set(channel, writable: false)
                channel.embeddedEventLoop.advanceTime(by: .seconds(9))
                set(channel, writable: true)
                channel.embeddedEventLoop.advanceTime(by: .seconds(60))
            }
            #expect(channel.isActive)
        }
    }
}
