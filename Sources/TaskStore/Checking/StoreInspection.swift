/// Whether a store's counters and rows agree, all read from one snapshot.
package struct StoreInspection: Sendable {
    /// A type, by its counters and its rows.
    package struct TypeBalance: Hashable, Sendable {
        package let name: String
        package let submitted, open, succeeded, failed, cancelled, expired, kept: Int64

        /// The tasks that have ended, those included that are not kept any more.
        package var ended: Int64 { succeeded + failed + cancelled + expired }
    }

    /// All types, by name. The last one without a name has the counters of the types that were forgotten, if there are any.
    package private(set) var types: [TypeBalance] = []
    package private(set) var findings: [StoreFinding] = []

    /// - Parameters:
    ///   - figures: what the statements of ``StoreTables`` gave.
    ///   - others: what else was found, such as of the file.
    package init(_ figures: StoreFigures, _ others: [StoreFinding] = []) {
        types = figures.types.map { number, name in
            TypeBalance(
                name: name, submitted: figures["submitted", number], open: figures["open", number],
                succeeded: figures["succeeded", number], failed: figures["failed", number], cancelled: figures["cancelled", number],
                expired: figures["expired", number], kept: figures["kept", number])
        }
        types.sort { ($0.name.isEmpty ? 1 : 0, $0.name) < ($1.name.isEmpty ? 1 : 0, $1.name) }
        if let last = types.last, last.name.isEmpty, last.submitted == 0, last.ended == 0 { types.removeLast() }
        let loses = RowLoss(figures).isLikely || others.contains { $0.level == .problem }
        let advice = loses ? Self.lossAdvice : Self.counterAdvice
        findings = others + checkCounters(figures, advice) + checkKeys(figures, advice) + checkRows(figures)
    }

    /// Of a store whose rows cannot be believed.
    package init(damaged findings: [StoreFinding]) { self.findings = findings }

    /// There is something to do.
    package var isDamaged: Bool { findings.contains { $0.level == .problem } }

    private static let counterAdvice = """
        no task is lost by it: the numbers of 'taskgrid stats' are wrong, and more or fewer ended tasks are kept than set; keep a copy of \
        the store and report it
        """
    private static let lossAdvice = """
        rows may be missing, and with them tasks, results or keys: stop the dispatcher, keep a copy of the store for a report, and go on \
        from a backup (Operating.md, 'Backup and restore')
        """
    private static let rowAdvice = """
        keep a copy of the store for a report, then go on from a backup (Operating.md, 'Backup and restore'), or cancel or retry the tasks \
        that it names
        """

    // MARK: Counters

    private func checkCounters(_ figures: StoreFigures, _ advice: String) -> [StoreFinding] {
        var wrong = types.compactMap { type -> String? in
            guard type.submitted != type.open + type.ended else { return nil }
            let name = type.name.isEmpty ? "the forgotten types" : "type '\(type.name)'"
            return "\(name): \(type.submitted) submitted, but \(type.open) open and \(type.ended) ended"
        }
        for number in figures.numbers where number != 0 {
            guard let name = figures.types[number] else { continue }
            wrong += checkRows(of: name, number, figures)
        }
        let ended = types.reduce(0) { $0 + $1.ended }
        let endings = figures.endings
        if ended - figures["pruned"] != endings {
            wrong.append("\(ended) tasks have ended and \(figures["pruned"]) of them are gone, but \(endings) are there")
        }
        guard !wrong.isEmpty else {
            let submitted = types.reduce(0) { $0 + $1.submitted }
            return [.ok(.counters, "the counters of \(types.count) types and \(submitted) tasks are those of their rows")]
        }
        return wrong.map { .problem(.counters, $0, advice: advice) }
    }

    private func checkRows(of name: String, _ number: Int64, _ figures: StoreFigures) -> [String] {
        var wrong: [String] = []
        let (tasks, keys, kept) = (figures["tasks", number], figures["typed_keys", number], figures["kept", number])
        if tasks + keys != kept {
            wrong.append("type '\(name)': \(tasks) tasks and \(keys) keys are kept, but \(kept) rows are counted")
        }
        let (open, ranged, deferred) = (figures["open", number], figures["ranged", number], figures["deferred", number])
        if ranged + deferred != open {
            wrong.append("type '\(name)': \(open) tasks are open, but \(ranged) are in ranges and \(deferred) are deferred")
        }
        for (state, name) in [(5, "succeeded"), (6, "failed"), (7, "cancelled"), (8, "expired")] as [(Int64, String)] {
            let (rows, count) = (figures["endings", number, state], figures[name, number])
            if rows > count { wrong.append("type '\(figures.types[number] ?? "")': \(rows) tasks have \(name), but \(count) are counted") }
        }
        return wrong
    }

    // MARK: Keys and ids

    private func checkKeys(_ figures: StoreFigures, _ advice: String) -> [StoreFinding] {
        var wrong: [StoreFinding] = []
        let (keys, counted) = (figures["submissions"], figures["keys"])
        if keys != counted {
            wrong.append(.problem(.keys, "\(keys) idempotency keys are there, but \(counted) are counted", advice: advice))
        }
        let highest = max(0, figures["highest_task"], figures["highest_key"], figures["highest_ending"], figures["pruned_to"])
        if highest > figures["last_task"] {
            wrong.append(
                .problem(
                    .keys, "id \(highest) was given, but \(figures["last_task"]) is noted as the highest one",
                    advice: "stop the dispatcher at once: it would give ids twice; \(Self.rowAdvice)"))
        }
        // Each epoch may skip ids; how many there were is known only where their number has not become the time of one. Ids that were given
        // and are gone are noted.
        if figures["last_task"] > highest, (figures["last_task"] - highest - 1) / StoreContents.skippedIDs >= figures["epoch"] {
            wrong.append(
                .warning(
                    .keys, "id \(highest) is the highest one that is known, but \(figures["last_task"]) is noted",
                    advice: "no id is given twice by it; keep a copy of the store and report it"))
        }
        if figures["highest_type"] > figures["last_type"] {
            wrong.append(
                .problem(
                    .keys, "a type has number \(figures["highest_type"]), but \(figures["last_type"]) is noted as the highest one",
                    advice: Self.rowAdvice))
        }
        return wrong.isEmpty ? [.ok(.keys, "\(keys) idempotency keys, and ids up to \(figures["last_task"])")] : wrong
    }

    // MARK: Rows

    private func checkRows(_ figures: StoreFigures) -> [StoreFinding] {
        var found = figures.faults.map { fault, count, first in
            StoreFinding.problem(.rows, fault.found(count, first: first), advice: Self.rowAdvice)
        }
        if found.isEmpty { found = [.ok(.rows, "tasks, endings, attempts and open ranges belong together")] }
        return found
    }
}
