import Postgres
import TaskGridCore
import TaskStore

/// One commit under way: it makes the statements of its transaction and reads their answers, without knowing the connection.
///
/// It goes in three steps, each of which is one journey to the server and back, and changes the state in memory as it goes:
///
/// 1. ``ask(_:_:isPlain:)``: the fence, and what only the rows know: repeated keys, tasks that have ended before.
/// 2. ``write(_:_:_:repeated:)``: what follows from the answers; and the tasks that are taken are read.
/// 3. ``finish(_:_:)``: what follows from these, and the counters.
///
/// A step that has nothing to ask is part of the next, except that COMMIT follows the answer of the fence. A commit that
/// ``isPlain(_:_:)`` goes in one journey: its statements fail where an answer would not be the usual one, and then it is made again in
/// three steps.
struct Commit {
    let changes: StoreChanges
    /// The highest id that was given before this commit.
    let known: Int64
    /// Some keys hold for every user.
    let hasKeysOfAll: Bool

    // What is answered.
    var accepted: [Accepted] = []
    var ended: [Bool]
    var reopened: [Reopened] = []
    var taken: [Taken] = []
    var forgotten: [Bool] = []

    // The places of questions.
    var typesQuestion: Pipeline.Place?
    var keysQuestion: Pipeline.Place?
    var endingsQuestion: Pipeline.Place?
    var reopeningsQuestion: Pipeline.Place?
    var schedulesQuestion: Pipeline.Place?

    // What was asked, and what is to be written.
    var newKeys = NewKeys()
    var askedEndings: [AskedEnding] = []
    /// Endings of tasks that this commit accepts.
    var newEndings: [Int64: EndingRow] = [:]
    var openings = Openings()
    var counters = TaskCounters<Int32>()
    /// What is left of the bytes that all takes get together.
    var takenBytes: Int
    var nextTake = 0
    var asksTakes = AskedTakes()

    /// Whether usual answers are all that it needs: each key is new, and each task has not ended.
    static func isPlain(_ changes: StoreChanges, _ state: borrowing OpenState) -> Bool {
        changes.submissions.count + changes.endings.count <= maximumPlain && changes.takes.isEmpty && changes.reopenings.isEmpty
            && changes.schedules.isEmpty && changes.forgettings.isEmpty && state.slot.keysOfAll == 0
            && changes.endings.allSatisfy { $0.id.rawValue > state.slot.prunedTo }
            && changes.types.allSatisfy { state.types.number(of: $0) != nil }
            && changes.submissions.allSatisfy { state.types.number(of: $0.submission.type) != nil }
    }

    /// The more it has, the less a journey counts, and the more is made in vain.
    private static let maximumPlain = 16

    init(_ changes: StoreChanges, _ state: borrowing OpenState) {
        self.changes = changes
        known = state.slot.lastTask
        hasKeysOfAll = state.slot.keysOfAll > 0
        ended = Array(repeating: false, count: changes.endings.count)
        takenBytes = changes.takenBytes
    }

    /// A mistake of the caller.
    static func check(_ changes: StoreChanges) throws {
        for ending in changes.endings where !ending.state.isTerminal {
            throw StoreError(.badRequest, "task \(ending.id) cannot end as '\(ending.state)', which is no last state")
        }
    }

    // MARK: The first step

    /// Adds the fence and the questions.
    ///
    /// - Parameters:
    ///   - pipeline: gets them.
    ///   - state: the state in memory.
    ///   - isPlain: the statements are those that fail where their answers are not the usual ones.
    mutating func ask(_ pipeline: inout Pipeline, _ state: inout OpenState, isPlain: Bool = false) throws {
        newKeys = NewKeys(changes.submissions, after: known)
        pipeline.add(
            isPlain ? CommitSQL.strictFence : CommitSQL.fence, SlotState.number, state.slot.turn, changes.term?.rawValue, newKeys.lastTask,
            Int64(newKeys.rows.count),
            changes.clock?.clock.rawValue, changes.clock?.wall.rawValue)
        askTypes(&pipeline, state)
        if !newKeys.rows.isEmpty { keysQuestion = pipeline.add(newKeys.insertion(changes.submissions, by: insertion(isPlain))) }
        if !changes.endings.isEmpty { try askEndings(&pipeline, &state, isPlain: isPlain) }
        if !changes.reopenings.isEmpty { askReopenings(&pipeline) }
        if !changes.schedules.isEmpty { askSchedules(&pipeline, &state) }
    }

    private func insertion(_ isPlain: Bool) -> PostgresQuery {
        if isPlain { return CommitSQL.insertNewSubmissions }
        return hasKeysOfAll ? CommitSQL.insertSubmissionsBesideOfAll : CommitSQL.insertSubmissions
    }

    private mutating func askTypes(_ pipeline: inout Pipeline, _ state: borrowing OpenState) {
        var missing: [TaskType] = []
        func look(_ type: TaskType) {
            if state.types.number(of: type) == nil, !missing.contains(type) { missing.append(type) }
        }
        for type in changes.types { look(type) }
        for new in changes.submissions where !new.submission.tasks.isEmpty { look(new.submission.type) }
        guard !missing.isEmpty else { return }
        let names = missing.map(\.name)
        pipeline.add(CommitSQL.addTypes, names)
        typesQuestion = pipeline.add(CommitSQL.findTypes, names)
    }

    // MARK: The second step

    /// The statement that asks for keys that were used before; nil: there are none.
    func askRepeatedKeys(_ answers: Pipeline.Answers) throws -> PostgresStatement? {
        guard let keysQuestion, answers[keysQuestion].count < newKeys.rows.count else { return nil }
        let repeats = try newKeys.repeats(answers[keysQuestion]).map { changes.submissions[$0.index].submission }
        let query = hasKeysOfAll ? CommitSQL.findSubmissionsOfAll : CommitSQL.findSubmissions
        return query(repeats.map { StoredText.stored($0.user) }, repeats.map { StoredText.stored($0.key) })
    }

    /// Applies the answers of the first step, and adds what follows.
    ///
    /// - Parameters:
    ///   - pipeline: gets the statements.
    ///   - state: the state in memory.
    ///   - answers: the answers; nil: the usual ones.
    ///   - repeated: the submissions of keys that were used before.
    mutating func write(
        _ pipeline: inout Pipeline, _ state: inout OpenState, _ answers: Pipeline.Answers?, repeated: PostgresRows? = nil
    ) throws {
        if let typesQuestion, let answers {
            let rows = answers[typesQuestion]
            let (id, name) = (try rows.column("id", Int32.self), try rows.column("name", String.self))
            for row in rows.indices { state.types.add(try TaskType(stored: name[row]), try id[row]) }
        }
        if !changes.submissions.isEmpty { try accept(&pipeline, &state, answers, repeated: repeated) }
        if !changes.endings.isEmpty { try end(&state, answers) }
        if !changes.reopenings.isEmpty, let answers { try reopen(&pipeline, &state, answers) }
        if !newEndings.isEmpty { insertNewEndings(&pipeline) }
        openings.write(to: &pipeline)
        if !changes.schedules.isEmpty, let answers { try schedule(&pipeline, &state, answers) }
        if !changes.attempts.isEmpty { note(&pipeline) }
        if !changes.pauses.isEmpty { pause(&pipeline) }
        if !changes.bulkActions.isEmpty { writeBulkActions(&pipeline) }
        write(state.ranges.changes(), &pipeline, state)
    }

    private mutating func insertNewEndings(_ pipeline: inout Pipeline) {
        _ = pipeline.add(CommitSQL.insertEndings(newEndings.values.sorted { $0.id < $1.id }, mayBeGone: 0))
    }

    private func write(
        _ ranges: (written: [OpenRange], deleted: [OpenRange]), _ pipeline: inout Pipeline, _ state: borrowing OpenState
    ) {
        let (written, deleted) = ranges
        func names(_ ranges: [OpenRange]) -> [CursorName] { ranges.map { state.cursors.names[Int($0.cursor)] } }
        if !written.isEmpty {
            let names = names(written)
            pipeline.add(
                CommitSQL.writeRanges, names.map(\.type), names.map(\.priority), written.map(\.first), written.map(\.last),
                written.map(\.rest))
        }
        if !deleted.isEmpty {
            let names = names(deleted)
            pipeline.add(CommitSQL.deleteRanges, names.map(\.type), names.map(\.priority), deleted.map(\.first))
        }
    }

    // MARK: The third step

    /// Adds what is left to write; the answers to the returned places say which types were forgotten.
    mutating func finish(_ pipeline: inout Pipeline, _ state: inout OpenState) -> [Pipeline.Place?] {
        openings.writeTakes(to: &pipeline)
        let moved = state.cursors.changes()
        if !moved.isEmpty {
            pipeline.add(
                CommitSQL.writeCursors, SlotState.number, moved.map(\.name.type), moved.map(\.name.priority), moved.map(\.position))
        }
        counters.write(to: &pipeline)
        if state.slot.lastTask != newKeys.lastTask {
            pipeline.add(CommitSQL.correctSlot, SlotState.number, state.slot.lastTask, Int64(newKeys.repeated))
        }
        state.slot.turn += 1
        state.slot.keys += Int64(newKeys.rows.count - newKeys.repeated)
        return changes.forgettings.map { forgetting in
            guard let number = state.types.number(of: forgetting.type) else { return nil }
            return pipeline.add(CommitSQL.forgetType, SlotState.number, number)
        }
    }

    /// The transaction is durable.
    mutating func finished(_ state: inout OpenState, _ answers: Pipeline.Answers?, _ forgettings: [Pipeline.Place?]) -> StoreReceipt {
        state.accept()
        for (forgetting, place) in zip(changes.forgettings, forgettings) {
            let isForgotten = answers.flatMap { answers in place.map { answers[$0].count > 0 } } ?? false
            forgotten.append(isForgotten)
            guard isForgotten, let number = state.types.number(of: forgetting.type) else { continue }
            state.types.remove(forgetting.type)
            state.cursors.forget(type: number)
        }
        return StoreReceipt(submissions: accepted, endings: ended, reopenings: reopened, takes: taken, forgettings: forgotten)
    }
}

extension TaskType {
    /// A name from a row.
    init(stored name: String?) throws {
        guard let name, let type = try? TaskType(name) else {
            throw StoreError(.corrupt, "the type table holds the invalid name '\(name ?? "")'")
        }
        self = type
    }
}
