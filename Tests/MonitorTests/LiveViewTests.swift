import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

/// The events that a dashboard is sent, each second.
@Suite struct LiveViewTests {
    /// A grid with so many types, of which ten are at work, and so many workers that serve them.
    private func state(types: Int, workers: Int, at second: Int, busy: Int = 10) throws -> GridState.Snapshot {
        let grid = GridState(topology: Topology(prefix: "t"), now: { .start })
        var state = grid.current
        try Self.tell(&state, types: types, workers: workers, at: second, busy: busy)
        return state
    }

    private static func tell(_ state: inout GridState.Snapshot, types: Int, workers: Int, at second: Int, busy: Int = 10) throws {
        let now = Timestamp.after(Double(second))
        for number in 0..<types where second == 0 || number < busy {
            // The ten are not the first by their names.
            let type = try TaskType(number < busy ? "z-\(number)" : "t-\(number)")
            state.statistics.apply(
                .sample(
                    type, at: now, [.pending: 0, .succeeded: number < busy ? 100 * second : 5], run: [(1000, number < busy ? 100 : 1)]),
                at: now
            )
        }
        for number in 0..<workers {
            var worker = RegistryMessage.sample("worker-\(number)", types: [try TaskType("z-\(number % 10)")])
            worker.done = number < 50 ? second : 0
            state.statistics.apply(.heartbeat, worker, at: now)
        }
    }

    @Test func `what cannot be seen, or moves the cursor, is escaped in the stream`() throws {
        var state = try state(types: 1, workers: 0, at: 0)
        var view = LiveView(state, at: .start)
        var worker = RegistryMessage.sample("w\u{202E}")
        worker.host = "h\u{200B}"
        state.statistics.apply(.heartbeat, worker, at: .start)
        let change = String(decoding: view.move(to: LiveView(state, at: .start)), as: UTF8.self)
        for text in [change, String(decoding: view.snapshot, as: UTF8.self)] {
            #expect(text.contains(#""w\u202e""#) && text.contains(#""h\u200b""#) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
    }

    @Test func `with 10,000 types of which 10 are busy, a second of changes is small and the busiest are shown`() throws {
        var state = try state(types: 10_000, workers: 0, at: 0)
        var view = LiveView(state, at: .start)
        #expect(view.tables["types"]?.encoded.count == LiveReport.Limits.stream.types)
        #expect(view.snapshot.count < 256 << 10)
        var largest = 0
        for second in 1...20 {
            try Self.tell(&state, types: 10_000, workers: 0, at: second)
            let change = view.move(to: LiveView(state, at: .after(Double(second))))
            largest = max(largest, change.count)
            for busy in 0..<10 { #expect(view.tables["types"]?.encoded["z-\(busy)"] != nil, "second \(second)") }
        }
        #expect(largest <= 16 << 10, "\(largest) bytes")
        let head = try #require(JSONSerialization.jsonObject(with: view.snapshot) as? [String: Any])
        #expect(head["known_types"] as? Int == 10_000)
    }

    @Test func `with 9,900 workers a second of changes stays below 64 KB`() throws {
        var state = try state(types: 10, workers: 9900, at: 0)
        var view = LiveView(state, at: .start)
        #expect(view.tables["workers"]?.encoded.count == LiveReport.Limits.stream.workers)
        for second in 1...10 {
            try Self.tell(&state, types: 10, workers: 9900, at: second)
            #expect(view.move(to: LiveView(state, at: .after(Double(second)))).count <= LiveView.maximumChange)
        }
        let head = try #require(JSONSerialization.jsonObject(with: view.snapshot) as? [String: Any])
        #expect(head["known_workers"] as? Int == 9900)
    }

    @Test func `a worker that says nothing new costs nothing`() throws {
        var state = try state(types: 1, workers: 100, at: 0)
        for second in [1, 2] { try Self.tell(&state, types: 0, workers: 100, at: second) }
        var view = LiveView(state, at: .after(2))
        state.statistics.apply(.heartbeat, .sample("worker-99", types: [try TaskType("z-9")]), at: .after(3))
        let change = view.move(to: LiveView(state, at: .after(3)))
        #expect(!String(decoding: change, as: UTF8.self).contains("worker-98"))
    }

    @Test func `rows that do not fit are told later, the busiest first, and none is lost`() throws {
        func view(_ value: Int) -> LiveView {
            var rows = LiveView.Rows()
            for number in 0..<100 { rows.add("row-\(number)", ["value": String(repeating: "x", count: 900) + "\(value)"]) }
            return LiveView(head: Data("{}".utf8), tables: ["types": rows])
        }
        var told = view(0)
        let now = view(1)
        var client = try object(told.snapshot)
        for step in 1...10 {
            let change = told.move(to: now, within: 20_000)
            #expect(change.count <= 20_000, "step \(step)")
            client = merged(client, try object(change))
        }
        #expect(try NSDictionary(dictionary: client) == NSDictionary(dictionary: object(now.snapshot)))
    }

    @Test func `each row is sent in turn if all change each time and few fit`() {
        func view(_ value: Int) -> LiveView {
            var rows = LiveView.Rows()
            for number in 0..<100 { rows.add("row-\(number)", ["value": String(repeating: "x", count: 900) + "\(value)"]) }
            return LiveView(head: Data("{}".utf8), tables: ["types": rows])
        }
        var told = view(0)
        let first = told.tables["types"]?.encoded
        for step in 1...10 { _ = told.move(to: view(step), within: 20_000) }
        #expect(told.tables["types"]?.encoded.filter { $0.value == first?[$0.key] } == [:])
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>) func `merging the changes gives the current view`(seed: UInt64) throws {
        var generator = Seeded(seed: seed)
        func view() -> LiveView {
            var view = LiveView(head: Data("{\"at\":\(Int.random(in: 0...3, using: &generator))}".utf8))
            view.lists["alerts"] = Data("[\(Int.random(in: 0...2, using: &generator))]".utf8)
            for table in ["types", "workers"] {
                var rows = LiveView.Rows()
                for number in 0..<6 where Bool.random(using: &generator) {
                    rows.add("\"\(number)", ["n": Int.random(in: 0...2, using: &generator)])
                }
                view.tables[table] = rows
            }
            return view
        }
        var told = view()
        var client = try object(told.snapshot)
        for step in 0..<50 {
            let now = view()
            client = merged(client, try object(told.move(to: now)))
            // A table without rows is left out of a snapshot.
            client = client.filter { ($0.value as? [String: Any])?.isEmpty != true }
            #expect(try NSDictionary(dictionary: client) == NSDictionary(dictionary: object(now.snapshot)), "seed \(seed), step \(step)")
        }
    }

    private func object(_ data: Data) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// RFC 7396.
    private func merged(_ target: [String: Any], _ patch: [String: Any]) -> [String: Any] {
        var result = target
        for (name, value) in patch {
            if value is NSNull {
                result[name] = nil
            } else if let patch = value as? [String: Any] {
                result[name] = merged(result[name] as? [String: Any] ?? [:], patch)
            } else {
                result[name] = value
            }
        }
        return result
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `the busiest are those that a sort finds`(seed: UInt64) {
        var generator = Seeded(seed: seed)
        let all = (0..<200).map { (key: $0, rank: Int.random(in: 0...20, using: &generator)) }.shuffled(using: &generator)
        var busiest = Busiest<Int, Int>(10)
        for (key, rank) in all { busiest.add(key, rank) }
        #expect(busiest.keys == all.sorted { ($1.rank, $0.key) < ($0.rank, $1.key) }.prefix(10).map(\.key))
        #expect(busiest.count == 200)
    }
}
