public import AMQP
public import Logging
import ServiceSupport
import Synchronization
public import TaskGridCore

/// A client of the grid: submits tasks, waits for their endings, asks its services.
///
/// This module owns a client's side of the submit, reply and rpc exchanges; programs that want work done call it, the
/// `taskgrid` command among them. Submissions that are awaited at the same time travel together. One whose outcome is
/// unknown is repeated under the same key until its deadline, so that it is accepted once or fails with a clear error.
/// Endings are pushed by the dispatcher; those that were lost on the way are asked for.
///
/// ```swift
/// try await GridClient.withClient(endpoint: endpoint, topology: Topology(), logger: logger) { client in
///     let ending = try await client.run(TaskType(literal: "reverse"), payload: Data("hello".utf8))
///     let result = try ending.get()
/// }
/// ```
public final class GridClient: Sendable {
    /// How often deadlines are looked at: how late a timeout may be.
    static let tick = Duration.milliseconds(250)
    /// How long a publish may wait for its confirm before its outcome counts as unknown.
    static let publishDeadline = Duration.seconds(10)

    /// Unique to this client, and its user's: the routing key of its replies.
    public let id: String
    let topology: Topology
    let transport: any ClientTransport
    let logger: Logger
    /// How long a service may take to answer a query, where the caller does not say.
    let patience: Duration
    let now: @Sendable () -> ContinuousClock.Instant
    let state: Mutex<ClientState>
    let queryClient: QueryClient
    let interceptors: [any SubmitInterceptor]
    /// How many queries may be under way.
    static let maximumQueries = 10_000
    private let work: AsyncStream<Void>
    private let hasWork: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - endpoint: the broker's address, virtual host and login.
    ///   - topology: the names of the grid's exchanges and queues.
    ///   - interceptors: stand around every submission, the first one outermost.
    ///   - logger: its metadata gets the client's id.
    ///   - patience: how long a service may take to answer a query.
    public convenience init(
        endpoint: Endpoint, topology: Topology, interceptors: [any SubmitInterceptor] = [], logger: Logger, patience: Duration = .seconds(5)
    ) {
        let id = ClientID.make(user: endpoint.user)
        self.init(
            id: id, topology: topology, transport: BrokerClientTransport(endpoint: endpoint, topology: topology, id: id, logger: logger),
            interceptors: interceptors, logger: logger, patience: patience
        )
    }

    /// A client whose messages go another way than through a broker.
    package convenience init(
        id: String, topology: Topology, transport: some ClientTransport, interceptors: [any SubmitInterceptor], logger: Logger
    ) {
        self.init(
            id: id, topology: topology, transport: transport as any ClientTransport, interceptors: interceptors, logger: logger,
            limits: Submissions.Limits()
        )
    }

    init(
        id: String, topology: Topology, transport: any ClientTransport, interceptors: [any SubmitInterceptor] = [], logger: Logger,
        limits: Submissions.Limits = Submissions.Limits(),
        bounds: MessageBounds = MessageBounds(), patience: Duration = .seconds(5),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = { try await ContinuousClock().sleep(until: $0) }
    ) {
        var logger = logger
        logger[metadataKey: LogKey.clientID] = "\(id)"
        self.id = id
        self.topology = topology
        self.transport = transport
        self.interceptors = interceptors
        self.logger = logger
        self.patience = patience
        self.now = now
        state = Mutex(ClientState(limits: limits, bounds: bounds))
        queryClient = QueryClient(
            id: id, topology: topology, maximum: Self.maximumQueries, now: now, sleep: sleep
        ) { query, time throws(AMQPError) in
            try await transport.publish([query], within: time).first ?? .nacked
        }
        // One element says all there is to say: look again.
        (work, hasWork) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Connects. Must be called once, before anything else.
    ///
    /// - Parameter patience: how long to try where no broker answers. Once connected, the client reconnects by itself.
    /// - Throws: `brokerUnavailable`, which says why.
    public func start(within patience: Duration = .seconds(5)) async throws(ClientError) {
        // Subscribed before the first connection, so that no later one is missed.
        let reconnections = transport.reconnections()
        do {
            try await transport.start(within: patience)
        } catch {
            throw ClientError(error)
        }
        // Unstructured, since a client lives across calls of its user; `close` ends it and waits for it.
        let life = Task { await run(reconnections) }
        state.withLock { $0.life = life }
    }

    /// Disconnects. Calls that still wait get a `closed` error; accepted tasks run on.
    public func close() async {
        shut(.closed)
        await transport.close()
        let life = state.withLock { $0.life.take() }
        life?.cancel()
        await life?.value
    }

    /// A client that is connected for the time of `body`.
    public static func withClient<Success: Sendable>(
        endpoint: Endpoint, topology: Topology, interceptors: [any SubmitInterceptor] = [], logger: Logger,
        _ body: (GridClient) async throws -> Success
    ) async throws -> Success {
        let client = GridClient(endpoint: endpoint, topology: topology, interceptors: interceptors, logger: logger)
        try await client.start()
        do {
            let success = try await body(client)
            await client.close()
            return success
        } catch {
            await client.close()
            throw error
        }
    }

    // MARK: Its life

    private func run(_ reconnections: AsyncStream<Int>) async {
        await withDiscardingTaskGroup { group in
            group.addTask(executorPreference: self.transport.receiver) { await self.receive() }
            group.addTask { await self.watch(reconnections) }
            group.addTask { await self.watchTime() }
            for await _ in work {
                let (unanswered, endingChecks) = state.withLock { state in
                    let endingChecks = chunks(of: state.tasksToCheck.takeAll())
                    if !endingChecks.isEmpty { state.endingChecks += 1 }
                    return (state.submissions.startPublishing(at: now()), endingChecks)
                }
                if !unanswered.isEmpty { group.addTask { await self.publish(unanswered) } }
                if !endingChecks.isEmpty { group.addTask { await self.checkEndings(endingChecks) } }
            }
            group.cancelAll()
        }
    }

    private func receive() async {
        while let messages = await transport.next() { await handle(messages) }
        shut(ClientError(.brokerUnavailable, "the client's reply queue is gone"))
    }

    private func watch(_ reconnections: AsyncStream<Int>) async {
        for await count in reconnections where count > 1 {
            logger.notice("reply queue declared anew, asking for lost replies")
            repliesLost()
        }
    }

    private func watchTime() async {
        // Ends by cancellation, the only error that the sleep has.
        while (try? await Task.sleep(for: Self.tick)) != nil { lookAtTime() }
    }

    /// Something waits to be published or asked.
    func wake() { hasWork.yield() }

    /// Tells everybody who waits why nothing more comes, and ends the loops.
    private func shut(_ error: ClientError) {
        var resumptions = Resumptions()
        state.withLock { state in
            if !state.isClosed { state.close(error, resuming: &resumptions) }
        }
        resumptions.resume()
        queryClient.close()
        hasWork.finish()
    }
}
