import TaskGridCore

/// Moves a grid's record from one store to another.
///
/// The source is marked first, durably, so that no dispatcher goes on with it. The destination then gets all rows in one transaction, which
/// has the mark's id, and both are compared before that is committed. At last the source is marked as moved. So a copy that is interrupted
/// at any point can be made again: if the destination has the mark's id, only the last step is left; otherwise nothing is there, and it
/// starts over.
package struct StoreCopy: Sendable {
    /// How far a copy is.
    package enum Step: Hashable, Sendable {
        /// The source is marked, and has so many rows.
        case marked(rows: Int64)
        /// So many more rows are written.
        case written(rows: Int)
        /// All rows are written, and both stores have the same; nothing is committed.
        case compared
        /// The destination has the record, durably; the source does not know it yet.
        case committed
    }

    package struct Outcome: Hashable, Sendable {
        package var move: StoreMove
        /// All rows that were written; nil: an earlier call had written them.
        package var rows: Int64?
    }

    private let source: any StoreSource
    private let destination: any StoreDestination
    private let wanted: StoreMove
    private let passed: @Sendable (Step) async throws(StoreError) -> Void

    /// - Parameters:
    ///   - source: the store that the grid leaves.
    ///   - destination: where it goes.
    ///   - move: the move, if none has begun.
    ///   - passed: is told each step.
    package init(
        from source: any StoreSource, to destination: any StoreDestination, move: StoreMove,
        passed: @escaping @Sendable (Step) async throws(StoreError) -> Void = { _ in }
    ) {
        self.source = source
        self.destination = destination
        wanted = move
        self.passed = passed
    }

    /// Moves the grid, or finishes a move that was interrupted. Where the calling task is cancelled before the last commit, it fails and
    /// nothing has changed.
    ///
    /// - Returns: The move that was made.
    /// - Throws: `StoreError`. The source goes on as before, if its mark could be taken back; the destination has nothing, except where
    ///   the code is `unknown` or only the last step has failed. Where anything is left to do, the message says so.
    package func run() async throws(StoreError) -> Outcome {
        let known = try await source.move()
        if let known { try check(known) }
        var move = known ?? wanted
        var rows: Int64?
        if try await !destination.has(move) { rows = try await copy(move, isAgain: known != nil) }
        let finished = Timestamp.now()
        do throws(StoreError) {
            try await source.finish(move, at: finished)
        } catch {
            throw StoreError(
                error.code,
                "\(error.message); the copy in \(move.destination) (schema '\(move.schema)') is complete, and only the source does not know "
                    + "it: call this again")
        }
        move.finished = finished
        return Outcome(move: move, rows: rows)
    }

    private func check(_ known: StoreMove) throws(StoreError) {
        guard known.finished == nil else { throw StoreError(.moved, known.explanation) }
        guard known.destination == wanted.destination, known.schema == wanted.schema else {
            throw StoreError(
                .badRequest,
                "the move of the store to \(known.destination) (schema '\(known.schema)') was begun at \(known.started) and not finished; "
                    + "copy it there, or call 'taskgrid store copy --abandon' first")
        }
    }

    private func copy(_ move: StoreMove, isAgain: Bool) async throws(StoreError) -> Int64 {
        try await source.begin(move)
        let rows = try await copyMarked(move, isAgain: isAgain)
        try await passed(.committed)
        return rows
    }

    /// Copies what is marked; where that fails, the mark is taken back, unless the destination may have the record all the same.
    private func copyMarked(_ move: StoreMove, isAgain: Bool) async throws(StoreError) -> Int64 {
        // An earlier copy that was killed may still be committed by the server, until a transaction of this one has begun.
        var mayBeThere = isAgain
        do throws(StoreError) {
            let tally = try await source.tally()
            try await passed(.marked(rows: tally.total))
            try await destination.begin(move, source.contents())
            mayBeThere = false
            var rows: Int64 = 0
            for table in StorePage.Table.allCases { rows += try await copy(table) }
            let differences = try await tally.differences(to: destination.tally())
            guard differences.isEmpty else {
                throw StoreError(
                    .corrupt,
                    "what was copied is not what the store has, so nothing was changed; 'taskgrid store check' may say what is damaged "
                        + "(\(differences.prefix(3).joined(separator: "; ")))")
            }
            try await passed(.compared)
            try checkCancellation()
            try await destination.commit()
            return rows
        } catch {
            await destination.rollBack()
            guard error.code != .unknown, !mayBeThere else {
                throw StoreError(error.code, "\(error.message); \(Self.markIsLeft)")
            }
            do throws(StoreError) {
                try await source.takeBack(move)
            } catch let second {
                throw StoreError(error.code, "\(error.message); \(Self.markIsLeft) (\(second.message))")
            }
            // The destination's words for a request that was cancelled are those of a failure.
            try checkCancellation()
            throw error
        }
    }

    private static let markIsLeft = "the source stays marked as being moved: call this again, or with --abandon"

    private func copy(_ table: StorePage.Table) async throws(StoreError) -> Int64 {
        var rows: Int64 = 0
        var after: [Int64]?
        repeat {
            try checkCancellation()
            let page = try await source.page(of: table, after: after, maximumLength: destination.maximumRangeLength)
            if page.count > 0 { try await destination.write(page) }
            rows += Int64(page.count)
            after = page.next
            try await passed(.written(rows: page.count))
        } while after != nil
        return rows
    }

    private func checkCancellation() throws(StoreError) {
        guard !Task.isCancelled else { throw StoreError(.failed, "the copy was interrupted, and nothing was changed") }
    }
}

extension StoreSource {
    /// Takes the mark of a move back that was interrupted, after the destination has none of it for certain.
    ///
    /// - Returns: The move that is abandoned; nil: there was none.
    package func abandonMove(to destination: any StoreDestination) async throws(StoreError) -> StoreMove? {
        guard let move = try await move() else { return nil }
        guard move.finished == nil else { throw StoreError(.moved, move.explanation) }
        if try await destination.has(move) {
            throw StoreError(
                .moved,
                "the copy in \(move.destination) (schema '\(move.schema)') is complete, and may be in use: call 'taskgrid store copy' again "
                    + "to finish the move")
        }
        try await destination.exclude(move)
        try await takeBack(move)
        return move
    }
}
