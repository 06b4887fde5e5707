import Logging
import Postgres
import ServiceSupport
import TaskGridCore
import TaskStore

/// The connection that writes, with the state of the open tasks in memory. Its calls run one after another.
actor Writer {
    let connection: PostgresConnection
    private let logger: Logger
    private var turnstile = Turnstile()
    /// Nil: it has to be read.
    var state: OpenState?
    /// The latest term that was begun here.
    private(set) var term: Int64?
    /// The highest block that has partitions.
    var lastBlock = Block(number: 0)
    /// The database's timeline when the connection was made; nil: it is not told.
    private var timeline: Int64?
    /// That of the state in memory. Another one now means that the database was failed over.
    private var stateTimeline: Int64?
    /// The connection's session was set up, and the timeline looked up in it.
    private var isPrepared = false
    /// The database may have lost commits of the term: nothing goes on before another one is begun.
    private var loss: StoreError?
    /// Counts what a look at whole blocks must not miss: reopenings, rows that were forgotten, and the state being read anew.
    var generation = 0
    /// How many tasks may be forgotten one by one.
    var pace = PruningPace(at: .now)
    /// How many keys may be.
    var keyPace = PruningPace(at: .now)
    /// When whole blocks are looked at again.
    var nextLook = ContinuousClock.now
    private var isMakingAhead = false
    /// When partitions may be made ahead again, after a failure.
    private var nextMakeAhead = ContinuousClock.now
    private var isClosed = false

    /// The connection's thread: a call changes no thread between its statements.
    nonisolated var unownedExecutor: UnownedSerialExecutor { connection.unownedExecutor }

    init(_ connection: PostgresConnection, logger: Logger) {
        self.connection = connection
        self.logger = logger
    }

    // MARK: Calls

    /// Waits until no other call is under way; ``leave()`` follows.
    func enter() async {
        if !turnstile.enter() { await withCheckedContinuation { turnstile.wait($0) } }
    }

    func leave() { turnstile.leave()?.resume() }

    /// Connects where there is no connection: at the start and after a loss.
    func connect() async throws {
        if !connection.isConnected {
            isPrepared = false
            try await connection.connect()
        }
        if !isPrepared {
            _ = try await connection.run([SlotSQL.makeDurable()])
            timeline = try await findTimeline()
            isPrepared = true
        }
        if term != nil, let stateTimeline, let timeline, stateTimeline != timeline {
            loss = StoreError(
                .unknown,
                "the database went over from timeline \(stateTimeline) to \(timeline), by a failover or a restore: "
                    + "what was committed last may be lost; the dispatcher begins a term and reads the store again")
        }
        guard let loss else { return }
        state = nil
        throw loss
    }

    /// Nil where the server does not tell it, as some services' servers do not: then an epoch is begun by hand.
    private func findTimeline() async throws -> Int64? {
        do throws(PostgresError) {
            let text = try await connection.run([SlotSQL.timeline()])[0].first("timeline", String.self)
            return text.flatMap { Int64($0, radix: 16) }
        } catch {
            guard error.sqlState != nil else { throw error }
            logger.info("timeline of the database not known", metadata: [LogKey.error: "\(error)"])
            return nil
        }
    }

    /// Which table the slot is in.
    private func findHome() async throws -> String? {
        do throws(PostgresError) {
            return try await connection.run([SlotSQL.home()])[0].first("home", String.self)
        } catch {
            // The right to call the function may be missing.
            guard error.sqlState == "42501" || error.sqlState == "42883" else { throw error }
            return try await connection.run([SlotSQL.homeInDatabase()])[0].first("home", String.self)
        }
    }

    /// Begins a term, and reads the state.
    ///
    /// - Returns: It, and the number of the epoch.
    func beginTerm() async throws -> (term: Term, epoch: Int64) {
        await enter()
        defer { leave() }
        state = nil
        // A failover is what a term is begun after.
        (stateTimeline, loss) = (nil, nil)
        try await connect()
        let transaction = try await beginTransactionOfTerm()
        do {
            let rows = transaction.answers[0]
            let read = try await OpenState(try SlotState(rows), transaction)
            let epoch = try rows.first("epoch", Int64.self) ?? 0
            lastBlock = Block(number: try rows.first("last_block", Int64.self) ?? -1)
            generation += 1
            try await commit(transaction)
            (state, term, stateTimeline) = (read, read.slot.term, timeline)
            try tellEpoch(epoch, rows)
            return (Term(read.slot.term), epoch)
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    /// Says so where the database is not as the term before left it.
    private func tellEpoch(_ epoch: Int64, _ rows: PostgresRows) throws {
        guard let former = try rows.first("former_epoch", Int64.self), former != epoch else { return }
        let formerTimeline = try rows.first("former_timeline", Int64.self).map(String.init)
        logger.warning(
            "database was failed over or restored, what was committed last may be lost: a new epoch begins, and older results are refused",
            metadata: [
                LogKey.storeEpoch: "\(epoch)", LogKey.storeTimeline: "\(timeline.map(String.init) ?? "unknown")",
                LogKey.storeFormerTimeline: "\(formerTimeline ?? "unknown")",
            ])
    }

    /// The row of the slot may be kept by the session of a dispatcher that fell silent in the middle of a request: the server waits for
    /// the rest without a limit.
    private func beginTransactionOfTerm() async throws -> PostgresTransaction {
        let statement = SlotSQL.beginTerm(SlotState.number, timeline, try await findHome())
        do throws(PostgresError) {
            return try await connection.begin([statement])
        } catch {
            guard error.sqlState == "55P03",
                let ended = try? await connection.run([SlotSQL.endSilentSessions()])[0].first("ended", Int64.self), ended > 0
            else { throw error }
            logger.warning("silent session kept the slot of the store, ended it", metadata: [LogKey.error: "\(error)"])
            return try await connection.begin([statement])
        }
    }

    /// The state; it is read where it is not in memory.
    func load() async throws {
        try await connect()
        guard state == nil else { return }
        let transaction = try await connection.begin([LoadSQL.snapshot(), SlotSQL.find(SlotState.number)])
        do {
            let rows = transaction.answers[1]
            let state = try await OpenState(try SlotState(rows), transaction)
            lastBlock = Block(number: try rows.first("last_block", Int64.self) ?? -1)
            generation += 1
            try await transaction.commit()
            (self.state, stateTimeline) = (state, stateTimeline ?? timeline)
        } catch {
            await transaction.rollBack()
            throw error
        }
    }

    // MARK: Transactions

    /// Begins a transaction whose first statement is the fence.
    ///
    /// - Returns: Nil where another process has written: the state in memory is old, and has to be read anew.
    func begin(term: Int64?, _ statements: [PostgresStatement]) async throws -> PostgresTransaction? {
        let transaction = try await connection.begin(statements)
        if transaction.answers[0].count == 1 { return transaction }
        await transaction.rollBack()
        try await explainFence(term)
        return nil
    }

    /// The transaction has failed, and the state in memory is as before it; or it is not known, or wrong, and is read anew.
    func failed(_ error: any Error) {
        let code = (error as? StoreError)?.code
        if code == .unknown || code == .corrupt { state = nil }
        state?.undo()
    }

    /// The fence let nobody through: another term, or another process has written and the state in memory is old.
    private func explainFence(_ term: Int64?) async throws {
        let turn = state?.slot.turn ?? 0
        state = nil
        let rows = try await connection.run([SlotSQL.find(SlotState.number)])[0]
        let slot = try SlotState(rows)
        if let term, slot.term != term {
            throw StoreError(.superseded, "another dispatcher has taken the store over (term \(slot.term); this is of term \(term))")
        }
        if self.term == slot.term, slot.turn < turn {
            let lost = StoreError(
                .unknown,
                "the database has lost commits of this term (it is at turn \(slot.turn), and \(turn) was committed): "
                    + "its server went on without them, as an asynchronous standby does; "
                    + "the dispatcher begins a term and reads the store again")
            loss = lost
            throw lost
        }
    }

    /// Commits, with the last statements of the transaction. An outcome that is not known is an error that says so.
    @discardableResult
    func commit(_ transaction: PostgresTransaction, _ statements: [PostgresStatement] = []) async throws -> [PostgresRows] {
        do throws(PostgresError) {
            return try await transaction.commit(statements)
        } catch {
            throw error.outcome == .unknown ? StoreError(commit: error) : error as any Error
        }
    }

    /// How long no partitions are made ahead after a failure.
    private static let makeAheadPause = Duration.seconds(10)

    /// Makes the partitions of the block after the last one, once the last one is in use.
    func makeBlockAhead() {
        guard !isMakingAhead, .now >= nextMakeAhead, let lastTask = state?.slot.lastTask, Block(of: lastTask) >= lastBlock else { return }
        isMakingAhead = true
        // Unstructured: the commit that finds it necessary does not wait for it. Partitions that are still missing when a commit needs
        // them are made by that commit.
        Task {
            await enter()
            do {
                if !isClosed { try await makeBlocks(for: Block.size) }
            } catch {
                nextMakeAhead = .now + Self.makeAheadPause
                if !isClosed { logger.warning("partitions not made ahead, trying again", metadata: [LogKey.error: "\(error)"]) }
            }
            isMakingAhead = false
            leave()
        }
    }

    /// Closes the connection.
    func close() async {
        isClosed = true
        await connection.close()
    }
}

extension StoreError {
    /// Nobody knows whether the transaction was committed.
    init(commit error: PostgresError) {
        self.init(
            .unknown,
            "nobody knows whether a commit was made; the dispatcher begins a term and reads the store again (\(error.message))")
    }
}
