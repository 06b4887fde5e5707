import Foundation
import TaskGridCore
import Testing

@testable import LocalGrid

@Suite struct PortsTests {
    @Test func `free ports are distinct and free`() throws {
        let hash = TaskType(literal: "hash")
        let uses: [Ports.Use] =
            PrivateBroker.uses(nodes: 3) + [.monitor, .nameservice, .dispatcher] + (1...50).map { .worker(hash, number: $0) }
        let ports = try Ports(.free, for: uses)
        let chosen = uses.compactMap { ports[$0] }
        #expect(chosen.count == uses.count)
        #expect(Set(chosen).count == uses.count)
        #expect(chosen.allSatisfy(LoopbackPort.isFree))
    }

    @Test(arguments: zip(["reverse", "sum", "hash", "upper", "wait"], 50060...50064))
    func `the first worker of a built-in type has the documented port`(name: String, port: Int) throws {
        let type = try TaskType(name)
        #expect(Ports.Use.worker(type, number: 1).standard == port)
        #expect(Ports.Use.worker(type, number: 2).standard == nil)
    }

    @Test func `a port that is listened on is not free`() throws {
        let port = try LoopbackPort.free(besides: [])
        #expect(!LoopbackPort.listens(port))
        let listening = LoopbackPort.withSocket(port) { socket, address, length in
            guard bind(socket, address, length) == 0, listen(socket, 1) == 0 else { return false }
            #expect(LoopbackPort.listens(port))
            #expect(!LoopbackPort.isFree(port))
            return true
        }
        #expect(listening)
    }

    @Test func `a taken standard port is named`() throws {
        // Taken by this test, or by whoever had it before: an error either way.
        let failed = LoopbackPort.withSocket(8080) { socket, address, length in
            listenUnlessTaken(socket, address, length)
            let error = #expect(throws: LocalGridError.self) { try Ports(.standard, for: [.monitor]) }
            #expect(error?.code == .port)
            #expect(
                error?.message == "port 8080 is taken, perhaps by a web server or another grid: stop it, or start with --ports free"
            )
            return true
        }
        #expect(failed)
    }

    @Test func `a health endpoint takes a free port if its own is in use`() throws {
        let moved = LoopbackPort.withSocket(50_052) { socket, address, length in
            listenUnlessTaken(socket, address, length)
            let port = try? Ports(.standard, for: [.dispatcher])[.dispatcher]
            #expect(port.map(LoopbackPort.range.contains) == true)
            return true
        }
        #expect(moved)
    }

    /// With `SO_REUSEADDR`, as a server binds: a connection that has ended on the port keeps neither this out nor the server.
    private func listenUnlessTaken(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) {
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        _ = bind(socket, address, length) == 0 && listen(socket, 1) == 0
    }
}
