import Foundation
import Synchronization
import Testing

@testable import LocalGrid

@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    /// A proxy before a server, and what it tells.
    private struct Net {
        let server: Peer.Server
        let proxy: Proxy
        let events: AsyncStream<Proxy.Event>

        init(_ onFrame: @escaping @Sendable (Proxy.Frame) -> Proxy.Verdict = { _ in .pass }) throws {
            let (events, told) = AsyncStream.makeStream(of: Proxy.Event.self, bufferingPolicy: .bufferingOldest(1_000))
            server = try Peer.Server()
            self.events = events
            proxy = try Proxy(port: server.port, onEvent: { told.yield($0) }, onFrame: onFrame)
        }

        func join() async throws -> (client: Peer, broker: Peer) {
            let client = try await Peer.connect(proxy.port)
            return (client, try await server.accept())
        }

        func told(_ event: Proxy.Event) async -> Bool {
            for await told in events where told == event { return true }
            return false
        }
    }

    private static func frame(_ payload: [UInt8], type: UInt8 = 3) -> [UInt8] {
        let size = UInt32(payload.count)
        return [type, 0, 1] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + payload + [0xCE]
    }

    private static let hello = frame(Array("hello".utf8))

    @Test func `bytes travel both ways`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        #expect(await net.told(.joined(1)))
        #expect(net.proxy.count == 1)
        let header = Array("AMQP".utf8) + [0, 0, 9, 1]
        await client.send(header + Self.hello)
        #expect(await broker.receive(8 + Self.hello.count) == header + Self.hello)
        await broker.send(Self.hello + Self.hello)
        #expect(await client.receive(2 * Self.hello.count) == Self.hello + Self.hello)
    }

    @Test func `more bytes travel than the proxy's buffer holds`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        let frames = (0..<200).flatMap { number in Self.frame([UInt8](repeating: UInt8(number), count: 100_000)) }
        async let sent: Void = client.send(frames)
        #expect(await broker.receive(frames.count) == frames)
        await sent
    }

    @Test func `bytes that are no frame travel too`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        await client.send(bytes)
        #expect(await broker.receive(bytes.count) == bytes)
    }

    @Test func `the end of a stream is passed on`() async throws {
        let net = try Net()
        var (client, broker): (Peer?, Peer?) = try await net.join()
        await client?.send(Self.hello)
        client = nil
        #expect(await broker?.receive(Self.hello.count) == Self.hello, "what came before it too")
        #expect(await broker?.end() == .finished)
        #expect(await net.told(.ended(1)))
        broker = nil
        #expect(net.proxy.count == 0)
    }

    @Test func `a link is closed with FIN`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        net.proxy.cut()
        #expect(await client.end() == .finished)
        #expect(await broker.end() == .finished)
    }

    @Test func `a link is reset with RST`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        net.proxy.reset()
        #expect(await client.end() == .reset)
        #expect(await broker.end() == .reset)
    }

    @Test func `only the chosen links end`() async throws {
        let net = try Net()
        let first = try await net.join()
        let second = try await net.join()
        let third = try await net.join()
        net.proxy.cut(.newest)
        #expect(await third.client.end() == .finished)
        net.proxy.cut(.number(1))
        #expect(await first.client.end() == .finished)
        await second.client.send(Self.hello)
        #expect(await second.broker.receive(Self.hello.count) == Self.hello)
    }

    @Test func `one direction stalls and resumes`() async throws {
        let seen = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(10))
        let net = try Net { frame in
            seen.continuation.yield()
            return .pass
        }
        let (client, broker) = try await net.join()
        net.proxy.stall([.towardBroker])
        await client.send(Self.hello)
        for await _ in seen.stream { break }
        await broker.send(Self.hello)
        #expect(await client.receive(Self.hello.count) == Self.hello)
        #expect(broker.isSilent)
        net.proxy.resume()
        #expect(await broker.receive(Self.hello.count) == Self.hello)
    }

    @Test func `an end that leaves a stalled link is noticed when the link resumes`() async throws {
        let net = try Net()
        var (client, broker): (Peer?, Peer) = try await net.join()
        net.proxy.stall()
        await client?.send(Self.hello)
        client = nil
        let other = try await Peer.connect(net.proxy.port)
        let otherBroker = try await net.server.accept()
        await other.send(Self.hello)
        #expect(broker.isSilent && otherBroker.isSilent, "new links stall as well")
        net.proxy.resume()
        #expect(await otherBroker.receive(Self.hello.count) == Self.hello)
        #expect(await broker.receive(Self.hello.count) == Self.hello)
        #expect(await broker.end() == .finished)
    }

    @Test func `a stalled link can be cut`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        net.proxy.stall()
        await client.send(Self.hello)
        net.proxy.cut()
        #expect(await client.end() == .finished)
        #expect(await broker.end() == .finished, "what was stalled is gone")
    }

    @Test(arguments: Proxy.Direction.allCases) func `a link can be cut within a frame`(_ direction: Proxy.Direction) async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        let (from, to) = direction == .towardBroker ? (client, broker) : (broker, client)
        await from.send(Self.hello)
        #expect(await to.receive(Self.hello.count) == Self.hello)
        net.proxy.cutMidFrame(direction)
        await from.send(Self.hello + Self.hello)
        #expect(await to.receive(100) == Array(Self.hello[..<(Self.hello.count / 2)]))
        #expect(await from.end() == .finished)
    }

    @Test(arguments: Proxy.Direction.allCases)
    func `bytes of TLS go through as they come, and are cut in place of a frame`(_ direction: Proxy.Direction) async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        let (from, to) = direction == .towardBroker ? (client, broker) : (broker, client)
        // An alert, which is shorter than a frame's head.
        let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 40]
        await from.send(alert)
        #expect(await to.receive(alert.count) == alert)
        net.proxy.cutMidFrame(direction)
        await from.send(alert)
        #expect(await to.receive(100) == Array(alert[..<(alert.count / 2)]))
        #expect(await from.end() == .finished)
    }

    @Test func `bytes are injected between frames, never within one`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        await broker.send(Array(Self.hello[..<4]))
        net.proxy.inject([8, 0, 0, 0, 0, 0, 0, 0xCE])
        #expect(await client.receive(8) == [8, 0, 0, 0, 0, 0, 0, 0xCE])
        await broker.send(Array(Self.hello[4...]))
        #expect(await client.receive(Self.hello.count) == Self.hello)
    }

    @Test func `the proxy refuses connections and accepts them again`() async throws {
        let net = try Net()
        net.proxy.refuse()
        let refused = try await Peer.connect(net.proxy.port)
        #expect(await refused.end() == .finished)
        #expect(await net.told(.refused))
        net.proxy.accept()
        let (client, broker) = try await net.join()
        await client.send(Self.hello)
        #expect(await broker.receive(Self.hello.count) == Self.hello)
    }

    @Test func `a connection is refused if there is no broker`() async throws {
        let net = try Net()
        let gone = try Peer.Server().port
        let proxy = try Proxy(port: gone)
        let client = try await Peer.connect(proxy.port)
        #expect(await client.end() != nil)
        withExtendedLifetime(net) {}
    }

    @Test(arguments: [Proxy.Verdict.discard, .stall, .cutBefore, .cutWithin, .cutAfter])
    func `each verdict on a frame is carried out`(_ verdict: Proxy.Verdict) async throws {
        let net = try Net { $0.type == 1 && $0.method == .basicPublish ? verdict : .pass }
        let (client, broker) = try await net.join()
        let publish = Self.frame([0, 60, 0, 40, 1, 2, 3, 4], type: 1)
        await client.send(Self.hello + publish + Self.hello)
        #expect(await broker.receive(Self.hello.count) == Self.hello)
        switch verdict {
        case .discard:
            #expect(await broker.receive(Self.hello.count) == Self.hello)
        case .stall:
            await broker.send(Self.hello)
            #expect(await client.receive(Self.hello.count) == Self.hello)
            #expect(broker.isSilent)
            net.proxy.resume()
            #expect(await broker.receive(publish.count + Self.hello.count) == publish + Self.hello)
        case .cutBefore:
            #expect(await broker.end() == .finished)
        case .cutWithin:
            #expect(await broker.receive(100) == Array(publish[..<(publish.count / 2)]))
        case .pass, .cutAfter:
            #expect(await broker.receive(100) == publish)
        }
    }

    @Test func `a stopped proxy closes everything`() async throws {
        let net = try Net()
        let (client, broker) = try await net.join()
        net.proxy.stop()
        #expect(await client.end() == .finished)
        #expect(await broker.end() == .finished)
        #expect(await net.told(.ended(1)))
        net.proxy.cut()
    }

    @Test func `a proxy that nobody holds stops`() async throws {
        let server = try Peer.Server()
        var proxy: Proxy? = try Proxy(port: server.port)
        let client = try await Peer.connect(try #require(proxy).port)
        let broker = try await server.accept()
        proxy = nil
        #expect(await client.end() == .finished)
        #expect(await broker.end() == .finished)
    }
}
