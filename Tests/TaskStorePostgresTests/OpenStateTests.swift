import TestSupport
import Testing

@testable import TaskStorePostgres

/// The state in memory beside a plain list of tasks.
@Suite("The state of open tasks in memory")
struct OpenStateTests {
    private struct Task: Equatable {
        let name: CursorName
        /// Nil: it is in a range.
        var deferred: DeferredTask?
    }

    /// What can be asked of the state.
    private struct Contents: Equatable {
        var ranges: [OpenRange]
        var deferred: [Int64: DeferredTask]
        var positions: [CursorName: Int64]
        var pending: [CursorName: Int]

        init(_ state: OpenState) {
            ranges = state.ranges.all
            deferred = state.deferred.all
            (positions, pending) = ([:], [:])
            for (index, name) in state.cursors.names.enumerated() {
                positions[name] = state.cursors[Int32(index)].position
                pending[name] = state.cursors[Int32(index)].pending
            }
        }
    }

    private struct Model {
        var open: [Int64: Task] = [:]
        var lastTask: Int64 = 0
        var cursors: [CursorName: Int64] = [:]

        func pending(_ name: CursorName) -> [Int64] {
            open.filter { $0.value.name == name && $0.value.deferred == nil && $0.key > cursors[name] ?? 0 }.keys.sorted()
        }

        func due(_ type: Int32, at now: Int64) -> [Int64] {
            open.compactMap { id, task in task.name.type == type ? task.deferred?.due.map { ($0, id) } : nil }
                .filter { $0.0 <= now }.sorted { $0 < $1 }.map(\.1)
        }
    }

    private func change(_ state: inout OpenState, _ model: inout Model, _ random: inout Seeded, _ comment: Comment) throws {
        let name = CursorName(type: Int32(random.number(1...3)), priority: Int16(random.number(0...1)))
        switch random.number(0...5) {
        case 0, 1:
            let (first, count) = (model.lastTask + 1, random.once(in: 60) ? random.number(4000...5000) : random.number(1...8))
            let cursor = state.cursors.index(adding: name)
            let isHandedOut = random.coin() && state.cursors[cursor].pending == 0
            state.add(first, count: count, cursor: cursor, isHandedOut: isHandedOut, hasRows: false)
            // Some ids belong to nobody: another slot's, or tasks that have ended at once.
            model.lastTask += Int64(count + random.number(0...2))
            for id in first..<first + Int64(count) { model.open[id] = Task(name: name) }
            if isHandedOut { model.cursors[name] = first + Int64(count) - 1 }
        case 2, 3:
            guard let id = model.open.keys.sorted().randomElement(using: &random), let task = model.open[id] else { return }
            if task.deferred != nil {
                state.deferred.remove(id)
            } else {
                let found = state.range(holding: id)
                let (index, range) = try #require(found, comment)
                #expect(state.cursors.names[Int(range.cursor)] == task.name, comment)
                #expect(state.attempt(of: id, in: range) == (id <= model.cursors[task.name] ?? 0 ? 1 : 0), comment)
                try state.leave(id, index)
            }
            model.open[id] = nil
            if random.coin() {
                let deferred = DeferredTask(
                    type: task.name.type, priority: task.name.priority, attempt: Int32(random.number(0...3)),
                    due: random.once(in: 4) ? nil : Int64(random.number(0...20)))
                state.deferred.set(id, deferred)
                model.open[id] = Task(name: task.name, deferred: deferred)
            }
        default:
            take(&state, &model, name.type, limit: random.number(0...12), now: Int64(random.number(0...20)), comment)
        }
    }

    /// Takes as the store does, with the rows of the model.
    private func take(_ state: inout OpenState, _ model: inout Model, _ type: Int32, limit: Int, now: Int64, _ comment: Comment) {
        var expected = model.due(type, at: now)
        for priority in [1, 0] as [Int16] { expected += model.pending(CursorName(type: type, priority: priority)) }
        var taken: [Int64] = []
        for piece in state.pieces(of: type, at: now, limit: limit) {
            let ids: [Int64]
            switch piece.kind {
            case .due: ids = [piece.first]
            case .whole: ids = Array(piece.first...piece.last)
            case .partial: ids = (piece.first...piece.last).filter { model.open[$0].map { $0.deferred == nil } ?? false }
            }
            #expect(piece.kind != .whole || ids.allSatisfy { model.open[$0]?.deferred == nil && model.open[$0] != nil }, comment)
            taken += ids.prefix(piece.most)
        }
        taken = Array(taken.prefix(limit))
        #expect(taken == Array(expected.prefix(limit)), comment)
        for id in taken {
            guard var task = model.open[id] else { continue }
            if var deferred = task.deferred {
                deferred.attempt += 1
                deferred.due = nil
                state.deferred.set(id, deferred)
                task.deferred = deferred
                model.open[id] = task
            } else if let (_, range) = state.range(holding: id) {
                state.handOut(id, cursor: range.cursor)
                model.cursors[task.name] = id
            }
        }
        state.passEmptyRanges(of: type)
        let left = [0, 1].contains { !model.pending(CursorName(type: type, priority: $0)).isEmpty } || !model.due(type, at: now).isEmpty
        #expect(state.isAnythingLeft(type, at: now) == left, comment)
    }

    @Test func `it hands out what a plain list would, in its order, and undoes what was not committed`() throws {
        try forAll(60) { random, comment in
            var state = OpenState(slot: SlotState())
            var model = Model()
            for _ in 0..<random.number(1...25) {
                let (before, known) = (Contents(state), model)
                for _ in 0..<random.number(1...6) { try change(&state, &model, &random, comment) }
                if random.once(in: 3) {
                    state.undo()
                    model = known
                    var (after, before) = (Contents(state), before)
                    // A cursor that was made stays, at its beginning.
                    after.positions = after.positions.filter { $0.value > 0 }
                    before.positions = before.positions.filter { $0.value > 0 }
                    after.pending = after.pending.filter { $0.value > 0 }
                    before.pending = before.pending.filter { $0.value > 0 }
                    #expect(after == before, comment)
                } else {
                    state.accept()
                }
                for (index, name) in state.cursors.names.enumerated() {
                    #expect(state.cursors[Int32(index)].pending == model.pending(name).count, comment)
                }
                let ranged = model.open.values.count { $0.deferred == nil }
                #expect(state.ranges.all.reduce(0) { $0 + Int($1.rest) } == ranged, comment)
            }
        }
    }

    @Test func `neighbours of several submissions share a range, up to its greatest length`() {
        var state = OpenState(slot: SlotState())
        let cursor = state.cursors.index(adding: CursorName(type: 1, priority: 0))
        for id in 1...Int64(OpenRange.maximumLength) { state.add(id, count: 1, cursor: cursor, isHandedOut: false, hasRows: false) }
        #expect(state.ranges.all.count == 1 && state.cursors[cursor].pending == Int(OpenRange.maximumLength))
        state.accept()
        state.add(Int64(OpenRange.maximumLength) + 1, count: 1, cursor: cursor, isHandedOut: false, hasRows: false)
        #expect(state.ranges.all.count == 2 && state.ranges.changes().written.count == 1)
    }

    @Test func `cursors of forgotten types make room for new ones`() {
        var state = OpenState(slot: SlotState())
        for type in 1...100 as ClosedRange<Int32> {
            let cursor = state.cursors.index(adding: CursorName(type: type, priority: 0))
            let other = state.cursors.index(adding: CursorName(type: type, priority: 1))
            #expect(state.cursors[cursor].position == 0 && state.cursors.indices(of: type) == [other, cursor])
            state.add(Int64(type), count: 1, cursor: cursor, isHandedOut: true, hasRows: false)
            state.accept()
            state.cursors.forget(type: type)
        }
        #expect(state.cursors.names.count == 2)
    }

    @Test func `a range takes 24 bytes`() {
        #expect(MemoryLayout<OpenRange>.stride == 24)
    }
}
