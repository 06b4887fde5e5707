import Foundation
import TaskGridCore
import TaskStore
import TestSupport
import Testing

/// Random commits against the model. The seed of a run that fails is shown; put it into `TASKGRID_SEED` to see it again.
@Suite struct PropertyTests {
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["TASKGRID_SEED"].flatMap(UInt64.init).map { [$0] }
        ?? (0..<6).map { _ in UInt64.random(in: 0..<UInt64(1) << 32) }

    @Test(arguments: seeds)
    func storeBehavesAsTheModel(seed: UInt64) async throws {
        try await withFolder { folder in
            var run = Run(seed: seed, path: folder + "/store.db")
            try await run.go(steps: 150)
        }
    }

    private struct Run {
        let seed: UInt64
        let path: String
        var random: Seeded
        var model = StoreModel()
        var now = 0
        var keys: [NewSubmission] = []
        /// Each hand-out ever given, by id and attempt.
        var given: Set<[Int]> = []
        let types: [TaskType] = [.reverse, .sum, TaskType(literal: "hash")]

        init(seed: UInt64, path: String) {
            self.seed = seed
            self.path = path
            random = Seeded(seed: seed)
        }

        mutating func go(steps: Int) async throws {
            var store = try await SQLiteTaskStore(path: path)
            for step in 0..<steps {
                now += int(0...20)
                let place = Comment("seed \(seed), step \(step)")
                if random.once(in: 20) {
                    await store.close()
                    store = try await SQLiteTaskStore(path: path)
                }
                if random.once(in: 8) {
                    let (before, keeping, limit) = (Timestamp.at(now - int(0...200)), int(5...80), 10_000)
                    let expected = model.prune(before: before, keeping: keeping, limit: limit)
                    #expect(try await store.prune(before: before, keeping: keeping, limit: limit) == expected, place)
                } else {
                    try await commit(to: store, place)
                }
                try await compare(store, place)
            }
            await store.close()
        }

        private mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

        private mutating func anyID() -> TaskID {
            let known = model.entries.keys.sorted()
            guard !random.once(in: 15), !known.isEmpty else { return TaskID(Int64(int(1...2000))) }
            return known[int(0...known.count - 1)]
        }

        private mutating func submission() -> NewSubmission {
            if !keys.isEmpty, random.once(in: 6) { return keys[int(0...keys.count - 1)] }
            let tasks = (0..<int(1...12)).map { index in
                Submission.Task.text(
                    "payload \(index)", priority: random.once(in: 3) ? int(0...9) : 0,
                    due: random.once(in: 4) ? .at(now + int(-30...60)) : nil, expires: random.once(in: 5) ? .at(now + int(1...90)) : nil
                )
            }
            let new = NewSubmission.of(
                types[int(0...2)], key: "key-\(keys.count)", tasks, created: .at(now), handsOut: random.once(in: 3)
            )
            keys.append(new)
            return new
        }

        private mutating func filter() -> TaskFilter {
            func maybe<Value>(_ value: Value) -> Value? { random.once(in: 3) ? value : nil }
            let states = TaskState.allCases.filter { $0 != .running }
            return TaskFilter(
                type: maybe(types[int(0...2)]), state: maybe(states[int(0...states.count - 1)]),
                createdSince: maybe(.at(int(0...now))), createdUntil: maybe(.at(int(0...now))),
                completedSince: maybe(.at(int(0...now))), completedUntil: maybe(.at(int(0...now))),
                text: maybe(["NOT", "d: 100 %", "o_n", "%", "o n", "nowhere"][int(0...5)])
            )
        }

        private mutating func commit(to store: any TaskStore, _ place: Comment) async throws {
            var changes = StoreChanges()
            for _ in 0..<int(0...3) { _ = changes.accept(submission()) }
            for _ in 0..<int(0...12) {
                let state: [TaskState] = [.succeeded, .succeeded, .failed, .cancelled, .expired]
                let id = anyID()
                var ending = NewEnding.of(
                    id, state[int(0...4)], type: model.entries[id]?.type ?? .sum, attempt: int(0...3), completed: .at(now)
                )
                // Known, not known, or wrong.
                ending.priority = random.once(in: 3) ? nil : random.once(in: 10) ? int(0...9) : model.entries[id]?.priority ?? 0
                ending.error = ending.error.map { TaskError($0.code, ["could not", "Refused: 100 %", "no_number"][int(0...2)]) }
                _ = changes.end(ending)
            }
            for _ in 0..<int(0...5) { _ = changes.reopen(Reopening(id: anyID())) }
            for _ in 0..<int(0...3) {
                let id = anyID()
                changes.schedules.append(
                    Schedule(
                        id: id, type: model.entries[id]?.type ?? .sum, attempt: int(0...4), failures: 1,
                        due: random.once(in: 3) ? nil : .at(now + int(-5...40))
                    )
                )
            }
            for _ in 0..<int(0...2) { _ = changes.take(.of(types[int(0...2)], limit: int(0...15), now: .at(now))) }

            let receipt = try await store.commit(changes)

            let accepted = changes.submissions.map { model.accept($0) }
            #expect(receipt.submissions == accepted, place)
            #expect(receipt.endings == changes.endings.map { model.end($0) }, place)
            #expect(receipt.reopenings == changes.reopenings.map { model.reopen($0) }, place)
            for schedule in changes.schedules { model.schedule(schedule) }
            for (index, take) in changes.takes.enumerated() {
                let expected = model.take(take)
                let handOuts = receipt.takes[index].handOuts.map { [Int($0.task.id.rawValue), $0.task.attempt] }
                #expect(handOuts == expected.handOuts, place)
                #expect(receipt.takes[index].isExhausted == expected.isExhausted, place)
                for handOut in handOuts { #expect(given.insert(handOut).inserted, "\(handOut) was given before: \(place)") }
            }
            for (accepted, new) in zip(accepted, changes.submissions) where new.handsOut && !accepted.isRepeat {
                for (position, task) in new.submission.tasks.enumerated() where task.settings.due.map({ $0 <= new.created }) ?? true {
                    given.insert([Int(accepted.first.advanced(by: position).rawValue), 1])
                }
            }
        }

        private mutating func compare(_ store: any TaskStore, _ place: Comment) async throws {
            let counts = try await store.counts()
            for (type, counts) in counts {
                #expect(counts.balances, place)
                #expect(counts == model.counts(of: type), place)
            }
            let records = try await store.tasks(TaskFilter(), before: nil, limit: .max).elements
            let entries = model.entries.values.sorted { $0.id > $1.id }
            #expect(records.map(\.id) == entries.map(\.id), place)
            for (record, entry) in zip(records, entries) {
                #expect(record.status == entry.state, place)
                #expect(record.attempt == entry.attempt, place)
                #expect(record.due == (entry.due == .atOnce ? nil : entry.due), place)
                #expect(record.key == entry.key, place)
                #expect(record.settings.priority == entry.priority, place)
                #expect(record.created == entry.created, place)
                #expect(record.completed == entry.completed, place)
            }
            let type = types[int(0...2)]
            for state in TaskState.allCases where state != .running {
                let ids = try await store.ids(type: type, state: state, limit: 7)
                let expected = entries.filter { $0.type == type && $0.state == state }
                #expect(ids == expected.prefix(7).map(\.id), place)
            }
            let filter = filter()
            #expect(
                try await store.all(filter, limit: int(1...9)).ids == records.filter(filter.matches).map(\.id), "\(filter): \(place)"
            )
            let asked = [anyID(), anyID(), anyID()]
            let states = asked.compactMap { model.entries[$0] }.map {
                StoredState(id: $0.id, type: $0.type, state: $0.state, attempt: $0.attempt)
            }
            #expect(try await store.states(asked) == states, place)
            let open = asked.compactMap { model.entries[$0] }.filter { !$0.state.isTerminal }
            #expect(try await store.open(asked).map(\.id) == open.map(\.id), place)
            #expect(try await store.open(asked).map(\.expires) == open.map(\.expires), place)
            let queued = entries.reversed().filter { $0.type == type && $0.state == .queued }
            #expect(try await store.handedOut(type, limit: int(1...9)).map(\.id) == queued.map(\.id), place)
            let time = Timestamp.at(now)
            let expired = entries.filter { entry in
                guard let expires = entry.expires else { return false }
                return !entry.state.isTerminal && expires <= time
            }
            let found = try await store.expired(at: time, limit: .max)
            #expect(Set(found.map(\.id)) == Set(expired.map(\.id)), place)
            let due = entries.filter { $0.type == type }.compactMap(\.due).min()
            #expect(try await store.nextDue()[type] == due, place)
        }
    }
}
