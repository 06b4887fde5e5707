import Foundation
import LocalGrid
import Logging
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

@Suite("A broker that goes away", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct BrokerFaultTests {
    enum Fault: String, CaseIterable, Sendable { case stopped, killed, wiped }

    /// Tasks wait in the broker, run at the worker and come in, while it goes.
    @Test(
        arguments: [(Fault.stopped, Queue.Kind.classic), (.killed, .classic), (.wiped, .classic), (.stopped, .quorum), (.killed, .quorum)]
    )
    func `all tasks end once though the broker stops, is killed or loses its data`(_ fault: Fault, _ queues: Queue.Kind) async throws {
        try await withBroker(queues) { broker, server, grid in
            let (_, worker) = try await grid.start()
            // Killed earlier, it would forget the newest queue's log: see `queuesWithoutALeader`.
            if queues == .quorum { try await broker.control("eval", "[dets:sync(Table) || Table <- dets:all()].") }
            let before = try await grid.submit((0..<40).map { _ in "sleep 0.2" }, each: 20)
            try await grid.runs.begun(4)

            let gone: ContinuousClock.Instant
            let again: Service
            switch fault {
            case .killed:
                gone = try await server.kill()
                again = server
            case .stopped, .wiped:
                let stop = try await server.stop()
                #expect(stop.ending == .exited(code: 0))
                gone = .now - stop.took
                if fault == .wiped { try broker.wipe() }
                again = broker.start()
            }
            // Submitted while there is none: accepted once it is there.
            async let during = grid.submit((0..<20).map(String.init))
            try await again.ready(fault == .killed ? 2 : 1)
            let ready = ContinuousClock.now
            let endings = try await grid.settle(before + during, repeats: true)
            let what = "\(queues.rawValue) queues: broker \(fault.rawValue), away for \(Self.seconds(ready - gone))"
            report("\(what), from its return until all has ended", .now - ready)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(worker.endings.isEmpty)
        }
    }

    /// As the end of another dispatcher's connection does in a cluster of RabbitMQ 3.10 that has lost a node.
    @Test func `a lock whose record the broker has deleted is declared again by its dispatcher`() async throws {
        try await withBroker { broker, _, grid in
            _ = try await grid.start()
            let lock = grid.topology.dispatcherLock.name
            // The record alone: its queue goes on. RabbitMQ 3.10 wants its name, and 4 the record.
            let forget = """
                Name = rabbit_misc:r(<<"/">>, queue, <<"\(lock)">>), {ok, Queue} = rabbit_amqqueue:lookup(Name),
                try rabbit_amqqueue:internal_delete(Name, <<"test">>) catch _:_ -> rabbit_amqqueue:internal_delete(Queue, <<"test">>) end.
                """
            try await broker.control("eval", forget.replacing("\n", with: " "))
            try await grid.until {
                do {
                    _ = try await grid.probe.connection.depth(of: lock)
                    return false
                } catch let error as AMQPError {
                    return error.code == .resourceLocked
                }
            }
            let submitted = try await grid.submit(["after"])
            #expect(try await grid.settle(submitted).values.allSatisfy { $0.state == .succeeded })
        }
    }

    /// RabbitMQ writes down half a second late where the log of a new quorum queue is. If it is killed before that, the queue has
    /// no leader ever after (rabbitmq-server#10070) until somebody deletes it, as is done here.
    @Test func `a quorum queue without a leader is named, and nothing is lost once it is deleted`() async throws {
        try await withBroker(.quorum) { broker, server, grid in
            let (dispatcher, worker) = try await grid.start()
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit(Array(repeating: hold.payload, count: 40), each: 20)
            try await grid.runs.begun(4)
            #expect(try await server.stop().ending == .exited(code: 0))
            try broker.forgetLogs()
            hold.release()
            try await broker.start().ready()
            try await grid.logged("worker", "consuming queue \(grid.topology.workQueue(FaultGrid.fault).name) got no answer")
            let deleted = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for queue in grid.topology.dispatcher.queues + [grid.topology.workQueue(FaultGrid.fault)] {
                    group.addTask { try await broker.control("delete_queue", queue.name) }
                }
                try await group.waitForAll()
            }
            let endings = try await grid.settle(submitted + grid.submit(["after"]), repeats: true)
            report("quorum queues without a leader, from when they are deleted until all has ended", .now - deleted)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(dispatcher.endings.isEmpty && worker.endings.isEmpty)
        }
    }

    @Test func `submissions during a memory alarm fail as broker_blocked, and all goes on when it ends`() async throws {
        try await withBroker { broker, _, grid in
            _ = try await grid.start()
            let before = try await grid.submit((0..<20).map { _ in "sleep 0.1" })
            try await broker.control("set_vm_memory_high_watermark", "0.00001")
            // Publishing is what makes the broker say that it is blocked.
            async let query = try? grid.client.ask(CountsQuery(), within: .seconds(100))
            let blocked = await grid.log.saw { line in
                line.message == "broker takes no messages, publishing waits"
                    && "\(line.metadata[AMQPLogKey.connection] ?? "")".hasSuffix(" submit")
            }
            #expect(blocked)
            let options = TaskOptions(deadline: .seconds(1))
            let error = await #expect(throws: ClientError.self) {
                try await grid.client.submit(FaultGrid.fault, payload: Data("now".utf8), options: options)
            }
            #expect(error?.code == .brokerBlocked, "\(String(describing: error))")
            let key = TaskOptions(key: "order", deadline: .seconds(60))
            async let patient = grid.client.submitAndWatch(FaultGrid.fault, payloads: [Data("later".utf8)], options: key)
            let cleared = ContinuousClock.now
            try await broker.control("set_vm_memory_high_watermark", "0.4")
            let late = try await patient
            _ = await query
            for try await ending in late.endings { #expect(ending.state == .succeeded) }
            for submitted in before {
                for try await ending in submitted.endings { #expect(ending.state == .succeeded) }
            }
            report("memory alarm, from the command that ends it until all has ended", .now - cleared)
            // The one that was given up may have been accepted, as its error says: once at most, and then it ends too.
            try await grid.until {
                let counters = try await grid.counters()
                return counters.ended == counters.submitted
            }
            let counters = try await grid.counters()
            #expect((21...22).contains(counters.submitted))
            #expect(counters.succeeded == counters.submitted)
        }
    }

    /// Heartbeats are held up by an alarm like everything else: nobody is taken for dead, and no long task is blamed.
    @Test func `an alarm longer than a lease costs no task an attempt`() async throws {
        try await withBroker { broker, _, grid in
            let (_, worker) = try await grid.start()
            let submitted = try await grid.submit(Array(repeating: "sleep 14", count: 4), each: 4)
            try await grid.runs.begun(4)
            try await grid.until { try await grid.counters().running == 4 }
            try await broker.control("set_vm_memory_high_watermark", "0.00001")
            // Time itself is what this is about: three leases.
            try await Task.sleep(for: .seconds(9))
            try await broker.control("set_vm_memory_high_watermark", "0.4")
            let endings = try await grid.settle(submitted, repeats: true)
            #expect(endings.values.allSatisfy { $0.state == .succeeded && $0.attempt == 1 })
            #expect(grid.runs.attempts.values.allSatisfy { $0 == [1] })
            #expect(worker.endings.isEmpty)
        }
    }

    /// A message that fits into our frames may not fit into the broker's: it is told of, and nothing waits behind it.
    @Test func `a message that the broker's frames cannot carry holds nothing up`() async throws {
        try await withBroker(advanced: "{frame_max, 8192}") { _, _, grid in
            _ = try await grid.start()
            let start = grid.probe.heard.count
            // Not readable, as long as a frame may be, and longer with the reason for which it is put with the dead.
            var message = Message(properties: BasicProperties(replyTo: "nobody", messageID: "k", type: "fault"))
            message.properties.headers["taskgrid-max-attempts"] = .string("five")
            for place in 0..<20 {
                var last: Message?
                for length in stride(from: 0, through: 240, by: 5) {
                    var longer = message
                    longer.properties.headers["filler-\(place)"] = .string(String(repeating: "x", count: length))
                    let publication = Publication(exchange: grid.topology.submit.name, routingKey: "fault", message: longer)
                    guard (try? publication.check(maximumFrameSize: 8192)) != nil else { break }
                    last = longer
                }
                message = last ?? message
            }
            try await grid.probe.say(grid.topology.submit, "fault", message)
            let event = try await grid.probe.event(GridEvent.self, from: start) { $0.kind == .error }
            #expect(event.message.contains("could not be sent"))
            let endings = try await grid.settle(try await grid.submit((0..<20).map(String.init)))
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
        }
    }

    /// The broker takes back what was not acknowledged in time, and hands it out again.
    @Test func `a task longer than the consumer timeout completes once`() async throws {
        try await withBroker(advanced: "{consumer_timeout, 2000}, {channel_tick_interval, 1000}") { _, _, grid in
            let (_, worker) = try await grid.start()
            let began = ContinuousClock.now
            let long = try await grid.submit(["sleep 8"])
            _ = try await grid.client.outcome(of: long[0].ids[0], within: .seconds(60))
            report("task of 8 s under a consumer_timeout of 2 s, until it has ended", .now - began)
            #expect(grid.runs.attempts == [long[0].ids[0]: [1]])
            // Its worker goes on, as it was.
            let endings = try await grid.settle(long + grid.submit(["after"]))
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(worker.endings.isEmpty)
        }
    }

    private func withBroker(
        _ queues: Queue.Kind = .classic, advanced: String = "",
        _ body: @escaping @Sendable (FaultBroker, Service, FaultGrid) async throws -> Void
    ) async throws {
        try await Turnstile.shared.pass {
            try await FaultBroker.run(advanced: advanced) { broker, server in
                try await FaultGrid.run(broker: broker.url, queues: queues, isAdmitted: true) { try await body(broker, server, $0) }
            }
        }
    }

    private static func seconds(_ duration: Duration) -> String { duration.formatted(.units(allowed: [.seconds], width: .narrow)) }
}
