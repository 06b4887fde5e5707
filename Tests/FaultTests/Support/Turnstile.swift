/// Lets a few grids run at a time: a machine of two cores that runs twenty measures nothing but itself.
actor Turnstile {
    static let shared = Turnstile(places: 4)

    private let places: Int
    private var free: Int
    private var waiting: [(places: Int, continuation: CheckedContinuation<Void, Never>)] = []

    init(places: Int) {
        self.places = places
        free = places
    }

    /// Runs `body` once there is a place for it; with `alone`, when all places are free.
    nonisolated func pass<Value: Sendable>(alone: Bool = false, _ body: () async throws -> Value) async rethrows -> Value {
        let count = alone ? places : 1
        await enter(count)
        do {
            let value = try await body()
            await leave(count)
            return value
        } catch {
            await leave(count)
            throw error
        }
    }

    private func enter(_ count: Int) async {
        // First come, first served: who needs all places is not overtaken for ever.
        if waiting.isEmpty, free >= count {
            free -= count
            return
        }
        await withCheckedContinuation { waiting.append((count, $0)) }
    }

    private func leave(_ count: Int) {
        free += count
        while let next = waiting.first, next.places <= free {
            free -= next.places
            waiting.removeFirst()
            next.continuation.resume()
        }
    }
}
