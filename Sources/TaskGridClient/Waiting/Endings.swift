public import TaskGridCore

/// The endings of certain tasks, in the order in which they end; finishes when all have.
///
/// It holds at most one ending for each task watched. The client asks for endings that were pushed to it and got lost, so
/// none is missed. One task at a time may iterate. It throws `ClientError`: `timedOut` after the deadline it was made with,
/// `unknownTask` where the store does not know one of the tasks (any more), `closed`, `cancelled`.
public final class Endings: AsyncSequence, Sendable {
    public typealias Element = Ending
    public typealias Failure = ClientError

    private let client: GridClient
    private let watch: EndingWatch.ID

    init(client: GridClient, watch: EndingWatch.ID) {
        self.client = client
        self.watch = watch
    }

    deinit { client.close(watch) }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(endings: self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let endings: Endings
        private var batch: ArraySlice<Ending> = []

        init(endings: Endings) { self.endings = endings }

        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(ClientError) -> Ending? {
            if batch.isEmpty {
                guard let next = try await endings.client.next(of: endings.watch) else { return nil }
                batch = next[...]
            }
            return batch.popFirst()
        }
    }
}

/// Tasks that were accepted and whose endings are awaited.
public struct Submitted: Sendable {
    /// In the order of the payloads.
    public let ids: [TaskID]
    public let endings: Endings
}
