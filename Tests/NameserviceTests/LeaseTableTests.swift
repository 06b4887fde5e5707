import TaskGridCore
import TestSupport
import Testing

@testable import Nameservice

@Suite struct LeaseTableTests {
    @Test func `a registration makes a worker join`() throws {
        var table = LeaseTable()
        let event = try table.apply(.register, .sample("a"), at: .after(0))
        #expect(event == WorkerEvent(kind: .joined, at: ClockReading.after(0).timestamp, worker: .sample("a")))
        #expect(table.workers() == [LiveWorker(worker: .sample("a"), lastSeen: ClockReading.after(0).timestamp)])
        #expect(table.nextExpiry == ClockReading.after(3000).instant)
    }

    @Test func `a heartbeat of an unknown worker makes it join`() throws {
        var table = LeaseTable()
        #expect(try table.apply(.heartbeat, .sample("a"), at: .after(0))?.kind == .joined)
    }

    @Test func `a second message renews the lease and replaces the report`() throws {
        var table = LeaseTable()
        _ = try table.apply(.register, .sample("a"), at: .after(0))
        #expect(try table.apply(.heartbeat, .sample("a", progress: 7), at: .after(2000)) == nil)
        #expect(try table.apply(.register, .sample("a", progress: 8), at: .after(2500)) == nil)
        #expect(table.nextExpiry == ClockReading.after(5500).instant)
        #expect(table.workers() == [LiveWorker(worker: .sample("a", progress: 8), lastSeen: ClockReading.after(2500).timestamp)])
    }

    @Test func `a lease ends after three missed heartbeats and not before`() throws {
        var table = LeaseTable()
        _ = try table.apply(.register, .sample("a"), at: .after(0))
        #expect(table.expire(at: .after(2999)).isEmpty)
        #expect(
            table.expire(at: .after(3000))
                == [WorkerEvent(kind: .left, reason: .leaseExpired, at: ClockReading.after(3000).timestamp, worker: .sample("a"))]
        )
        #expect(table.expire(at: .after(9000)).isEmpty)
        #expect(table.count == 0)
        #expect(table.nextExpiry == nil)
    }

    @Test func `a worker that deregisters leaves once`() throws {
        var table = LeaseTable()
        _ = try table.apply(.register, .sample("a"), at: .after(0))
        let event = try table.apply(.deregister, .sample("a", progress: 3), at: .after(100))
        let left = WorkerEvent(kind: .left, reason: .deregistered, at: ClockReading.after(100).timestamp, worker: .sample("a", progress: 3))
        #expect(event == left)
        #expect(try table.apply(.deregister, .sample("a"), at: .after(200)) == nil)
        #expect(table.nextExpiry == nil)
        #expect(table.expire(at: .after(10_000)).isEmpty)
    }

    @Test func `a heartbeat after a deregistration counts for one lease only`() throws {
        var table = LeaseTable()
        _ = try table.apply(.register, .sample("a"), at: .after(0))
        _ = try table.apply(.deregister, .sample("a"), at: .after(100))
        #expect(try table.apply(.heartbeat, .sample("a"), at: .after(150))?.kind == .joined)
        #expect(table.expire(at: .after(3149)).isEmpty)
        #expect(table.expire(at: .after(3150)).map(\.reason) == [.leaseExpired])
    }

    @Test func `a shorter interval ends the lease sooner`() throws {
        var table = LeaseTable()
        _ = try table.apply(.register, .sample("a", interval: 60_000), at: .after(0))
        _ = try table.apply(.heartbeat, .sample("a", interval: 100), at: .after(1000))
        #expect(table.nextExpiry == ClockReading.after(1300).instant)
        #expect(table.expire(at: .after(1300)).count == 1)
        #expect(table.nextExpiry == nil)
    }

    @Test func `workers are looked up by type`() throws {
        var table = LeaseTable()
        _ = try table.apply(.register, .sample("b", types: ["reverse", "hash"]), at: .after(0))
        _ = try table.apply(.register, .sample("a", types: ["hash"]), at: .after(0))
        #expect(table.workers(of: TaskType(literal: "hash")).map(\.worker.worker) == ["a", "b"])
        #expect(table.workers(of: TaskType(literal: "reverse")).map(\.worker.worker) == ["b"])
        #expect(table.workers(of: TaskType(literal: "sum")).isEmpty)
        _ = try table.apply(.heartbeat, .sample("b", types: ["sum"]), at: .after(10))
        #expect(table.workers(of: TaskType(literal: "reverse")).isEmpty)
        #expect(table.workers(of: TaskType(literal: "sum")).map(\.worker.worker) == ["b"])
    }

    @Test func `a full table refuses new workers and renews known ones`() throws {
        var table = LeaseTable(maximum: 2)
        _ = try table.apply(.register, .sample("a"), at: .after(0))
        _ = try table.apply(.register, .sample("b"), at: .after(0))
        #expect(throws: LeaseTable.Full(what: .workers, maximum: 2)) { try table.apply(.register, .sample("c"), at: .after(0)) }
        #expect(try table.apply(.heartbeat, .sample("a"), at: .after(10)) == nil)
        _ = try table.apply(.deregister, .sample("b"), at: .after(20))
        #expect(try table.apply(.heartbeat, .sample("c"), at: .after(30))?.kind == .joined)
    }

    @Test func `a user that fills its share leaves room for the workers of others`() throws {
        func sample(_ worker: String, of user: String) -> RegistryMessage {
            var message = RegistryMessage.sample("\(user).\(worker)")
            message.publisher = user
            return message
        }
        var table = LeaseTable(maximum: 8)
        for number in 0..<8 { _ = try table.apply(.register, sample("\(number)", of: "thief"), at: .after(0)) }
        #expect(throws: LeaseTable.Full(what: .workers, maximum: 8)) { try table.apply(.register, sample("8", of: "thief"), at: .after(0)) }
        for number in 0..<4 {
            #expect(try table.apply(.register, sample("\(number)", of: "crew"), at: .after(0))?.kind == .joined)
        }
        #expect(throws: LeaseTable.Full(what: .workers, maximum: 8)) { try table.apply(.register, sample("4", of: "crew"), at: .after(0)) }
        #expect(try table.apply(.register, sample("0", of: "other"), at: .after(0))?.kind == .joined)
        // Those that are known stay, and those that are gone leave their places.
        #expect(try table.apply(.heartbeat, sample("7", of: "thief"), at: .after(1)) == nil)
        for number in 1..<8 { _ = try table.apply(.deregister, sample("\(number)", of: "thief"), at: .after(2)) }
        #expect(try table.apply(.register, sample("4", of: "crew"), at: .after(2))?.kind == .joined)
        _ = table.expire(at: .after(10_000))
        for number in 0..<8 { _ = try table.apply(.register, sample("\(number)", of: "crew"), at: .after(10_000)) }
        #expect(table.count == 8)
    }

    @Test func `types are bounded and forgotten with their workers`() throws {
        var table = LeaseTable(maximumTypes: 3)
        _ = try table.apply(.register, .sample("a", types: ["x", "y"]), at: .after(0))
        _ = try table.apply(.register, .sample("b", types: ["y", "z"]), at: .after(0))
        #expect(throws: LeaseTable.Full(what: .types, maximum: 3)) {
            try table.apply(.register, .sample("c", types: ["x", "new"]), at: .after(0))
        }
        #expect(table.count == 2)
        _ = try table.apply(.deregister, .sample("a"), at: .after(1))
        #expect(try table.apply(.register, .sample("c", types: ["y", "new"]), at: .after(1))?.kind == .joined)
        // Of those left one takes another type in the place of its own.
        #expect(throws: LeaseTable.Full.self) { try table.apply(.heartbeat, .sample("b", types: ["p", "q"]), at: .after(2)) }
        _ = table.expire(at: .after(10_000))
        #expect(try table.apply(.heartbeat, .sample("b", types: ["p", "q"]), at: .after(10_000))?.kind == .joined)
    }

    @Test func `every worker has a whole lease after the broker was silent`() throws {
        var table = LeaseTable()
        _ = try table.apply(.register, .sample("a"), at: .after(0))
        _ = try table.apply(.register, .sample("b", interval: 60_000), at: .after(0))
        table.renewAll(at: .after(50_000))
        #expect(table.nextExpiry == ClockReading.after(53_000).instant)
        #expect(table.expire(at: .after(52_999)).isEmpty)
        #expect(table.expire(at: .after(53_000)).map(\.worker.worker) == ["a"])
        #expect(table.nextExpiry == ClockReading.after(230_000).instant)
    }

    @Test func `the first of many held tasks are kept`() throws {
        var worker = RegistryMessage.sample("a")
        worker.running = (1...5000).map { RegistryMessage.Held(task: TaskID($0), attempt: 1) }
        worker.waiting = worker.running
        var table = LeaseTable()
        _ = try table.apply(.register, worker, at: .after(0))
        #expect(table.workers().first?.worker.running == Array(worker.running.prefix(LeaseTable.maximumHeld)))
        #expect(table.workers().first?.worker.waiting.count == LeaseTable.maximumHeld)
    }

    @Test func `workers that come and go leave nothing behind`() throws {
        var table = LeaseTable()
        for number in 0..<10_000 {
            _ = try table.apply(.register, .sample("w\(number)", interval: 3_600_000), at: .after(number))
            _ = try table.apply(.deregister, .sample("w\(number)", interval: 3_600_000), at: .after(number))
        }
        // With one that lives and ends first, the leftover deadlines of the others stay in the heap, bounded.
        _ = try table.apply(.register, .sample("first"), at: .after(0))
        for number in 0..<10_000 {
            _ = try table.apply(.register, .sample("w\(number)", interval: 3_600_000), at: .after(1))
            _ = try table.apply(.deregister, .sample("w\(number)", interval: 3_600_000), at: .after(1))
        }
        #expect(table.count == 1)
        #expect(table.deadlineCount <= 100)
        #expect(table.nextExpiry == ClockReading.after(3000).instant)
    }

    /// Random messages and time steps, against a table that looks at every worker each time.
    @Test(arguments: 1...40) func `the lease table agrees with a naive model`(seed: UInt64) throws {
        var generator = Seeded(seed: seed)
        var table = LeaseTable(maximum: 12)
        var model = NaiveLeases(maximum: 12)
        var time = 0
        for step in 0..<600 {
            let moment = ClockReading.after(time)
            let id = "w\(Int.random(in: 0..<16, using: &generator))"
            let worker = RegistryMessage.sample(
                id, types: [["reverse"], ["hash"], ["reverse", "hash"]].randomElement(using: &generator) ?? [],
                interval: [10, 1000, 1000, 5000, 60_000].randomElement(using: &generator) ?? 1000, progress: step
            )
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                let kind: RegistryMessage.Kind = Bool.random(using: &generator) ? .register : .heartbeat
                let event = Result { try table.apply(kind, worker, at: moment) }
                switch (event, model.renew(worker, at: moment)) {
                case (.success(let event), .some(let expected)): #expect(event == expected, "seed \(seed), step \(step)")
                case (.failure(let error), nil): #expect(error is LeaseTable.Full, "seed \(seed), step \(step)")
                default: Issue.record("seed \(seed), step \(step): one refuses \(id), the other does not")
                }
            case 5..<7:
                #expect(try table.apply(.deregister, worker, at: moment) == model.remove(worker, at: moment), "seed \(seed), step \(step)")
            case 7:
                table.renewAll(at: moment)
                model.renewAll(at: moment)
            default:
                time += [0, 1, 29, 500, 3000, 20_000].randomElement(using: &generator) ?? 0
                let later = ClockReading.after(time)
                let left = Set(table.expire(at: later))
                #expect(left == Set(model.expire(at: later)), "seed \(seed), step \(step)")
            }
            #expect(table.workers() == model.workers, "seed \(seed), step \(step)")
            #expect(table.nextExpiry == model.nextExpiry, "seed \(seed), step \(step)")
            #expect(table.deadlineCount <= 2 * table.count + 64, "seed \(seed), step \(step)")
        }
    }
}

/// A model of a lease table in the simplest words.
private struct NaiveLeases {
    let maximum: Int
    var leases: [(worker: RegistryMessage, lastSeen: Timestamp, end: ContinuousClock.Instant)] = []

    init(maximum: Int) { self.maximum = maximum }

    var nextExpiry: ContinuousClock.Instant? { leases.map(\.end).min() }

    var workers: [LiveWorker] {
        leases.map { LiveWorker(worker: $0.worker, lastSeen: $0.lastSeen) }.sorted { $0.worker.worker < $1.worker.worker }
    }

    /// `.some(nil)`: renewed; nil: refused.
    mutating func renew(_ worker: RegistryMessage, at moment: ClockReading) -> WorkerEvent?? {
        let lease = (worker, moment.timestamp, moment.instant.advanced(by: worker.lease))
        if let index = leases.firstIndex(where: { $0.worker.worker == worker.worker }) {
            leases[index] = lease
            return .some(nil)
        }
        guard leases.count < maximum else { return nil }
        leases.append(lease)
        return WorkerEvent(kind: .joined, at: moment.timestamp, worker: worker)
    }

    mutating func remove(_ worker: RegistryMessage, at moment: ClockReading) -> WorkerEvent? {
        guard let index = leases.firstIndex(where: { $0.worker.worker == worker.worker }) else { return nil }
        leases.remove(at: index)
        return WorkerEvent(kind: .left, reason: .deregistered, at: moment.timestamp, worker: worker)
    }

    mutating func renewAll(at moment: ClockReading) {
        for index in leases.indices {
            leases[index].end = max(leases[index].end, moment.instant.advanced(by: leases[index].worker.lease))
        }
    }

    mutating func expire(at moment: ClockReading) -> [WorkerEvent] {
        let over = leases.filter { $0.end <= moment.instant }
        leases.removeAll { $0.end <= moment.instant }
        return over.map { WorkerEvent(kind: .left, reason: .leaseExpired, at: moment.timestamp, worker: $0.worker) }
    }
}
