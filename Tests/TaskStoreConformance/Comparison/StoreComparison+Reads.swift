import TaskGridCore
import TaskStore
import TestSupport
import Testing

extension StoreComparison {
    mutating func compareCounters(_ comment: Comment) async throws {
        #expect(try await store.types() == model.types(), comment)
        let counts = try await store.counts()
        #expect(try await model.counts() == counts, comment)
        for count in counts.values { #expect(count.balances, comment) }
        let some: Set<TaskType> = [anyType(), anyType()]
        #expect(try await store.counts(of: some) == model.counts(of: some), comment)
        #expect(try await store.countsOfForgotten() == model.countsOfForgotten(), comment)
        #expect(try await store.pauses() == model.pauses(), comment)
        #expect(try await store.nextDue() == model.nextDue(), comment)
        let time = Timestamp.at(now)
        #expect(try await store.oldestWaiting(of: types, at: time) == model.oldestWaiting(of: types, at: time), comment)
        #expect(try await store.nextDue(of: some) == model.nextDue(of: some), comment)
    }

    mutating func compareTasks(_ comment: Comment) async throws {
        let expected = try await model.tasks(TaskFilter(), before: nil, limit: 100_000).elements
        let found = try await store.tasks(TaskFilter(), before: nil, limit: 100_000).elements
        #expect(found.map(\.id) == expected.map(\.id), comment)
        for (record, known) in zip(found, expected) { #expect(record == known, comment) }

        let (filter, limit) = (filter(), random.number(1...9))
        #expect(try await store.all(filter, limit: limit).ids == model.all(filter, limit: 100_000).ids, "\(filter): \(comment)")

        let asked = [anyID(), anyID(), anyID()]
        #expect(try await store.states(asked) == model.states(asked), comment)
        #expect(try await store.open(asked) == model.open(asked), comment)
        let content = random.one(of: [ContentLimit.none, .whole, .all(random.number(1...12)), .results(random.number(1...4))])
        #expect(try await store.tasks(asked, content: content) == model.tasks(asked, content: content), comment)
        #expect(try await store.task(asked[0], content: content) == model.task(asked[0], content: content), comment)
        let part = random.one(of: [ContentQuery.Part.payload, .result])
        let (from, length) = (random.number(0...5), random.number(0...9))
        #expect(
            try await store.content(part, of: asked[1], from: from, limit: length)
                == model.content(part, of: asked[1], from: from, limit: length), comment)

        for type in types {
            #expect(try await store.handedOut(type, limit: random.number(1...9)) == model.handedOut(type, limit: 100_000), comment)
        }
        let time = Timestamp.at(now)
        let expired = try await store.expired(at: time, limit: 100_000)
        // Those that expire together come in any order.
        #expect(
            try await model.expired(at: time, limit: 100_000)
                == expired.sorted { ($0.expires ?? time, $0.id) < ($1.expires ?? time, $1.id) },
            comment)
        #expect(expired.map(\.expires) == expired.map(\.expires).sorted { ($0 ?? time) < ($1 ?? time) }, comment)
    }
}
