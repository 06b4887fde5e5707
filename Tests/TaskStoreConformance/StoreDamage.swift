import TaskGridCore
package import TaskStore
import Testing

/// Something that somebody has done to a store's tables, which an inspection has to find.
package struct StoreDamage: Sendable, CustomTestStringConvertible {
    /// The SQL of it: statements, which semicolons separate.
    package let sql: String
    /// What the inspection says.
    package let words: String
    var level = StoreFinding.Level.problem
    /// Nothing but a counter is wrong: no task is lost by it.
    var isHarmless = false

    package var testDescription: String { sql }

    /// - Parameters:
    ///   - counters: the table with a row of counters for each type, and its column of the type's number.
    ///   - slot: the table that has the highest id.
    package static func all(counters: (table: String, type: String), slot: String) -> [StoreDamage] {
        let ofType = "WHERE \(counters.type) = 1"
        let counted = [
            ("UPDATE \(counters.table) SET submitted = 9 \(ofType)", "9 submitted, but 3 open and 1 ended"),
            ("UPDATE \(counters.table) SET kept = kept + 1 \(ofType)", "but 6 rows are counted"),
            ("UPDATE \(slot) SET pruned = 1", "1 tasks have ended and 1 of them are gone, but 1 are there"),
            ("UPDATE \(slot) SET keys = 7", "1 idempotency keys are there, but 7 are counted"),
        ].map { StoreDamage(sql: $0, words: $1, isHarmless: true) }
        let others = [
            ("UPDATE \(slot) SET last_task = 2", "id 4 was given, but 2 is noted as the highest one"),
            ("UPDATE cursor SET id = 99", "1 cursor beyond the highest id that was given (the first: 99)"),
            ("UPDATE open_range SET rest = 1", "1 range that counts another number of open tasks than there are (the first: 1)"),
            ("UPDATE open_range SET rest = 9", "1 range of open tasks whose numbers cannot be (the first: 1)"),
            ("DELETE FROM open_range", "2 open tasks that no range holds, so that nobody hands them out (the first: 2)"),
            ("INSERT INTO open_range VALUES (1, 0, 3, 3, 1)", "1 range of open tasks that begins within another one (the first: 3)"),
            ("DELETE FROM task WHERE id = 1", "1 ending of tasks that are not there (the first: 1)"),
            ("DELETE FROM submission", "4 tasks without a submission (the first: 1)"),
            ("UPDATE ending SET state = 99", "1 ending with a state in which no task ends (the first: 1)"),
            ("UPDATE ending SET type = 2", "1 ending of another type than the task's (the first: 1)"),
            ("INSERT INTO open (id, type, priority, attempt) VALUES (1, 1, 0, 1)", "1 row of open tasks that have ended (the first: 1)"),
            (
                "INSERT INTO open (id, type, priority, attempt) VALUES (77, 1, 0, 1)",
                "1 row of open tasks that are not there (the first: 77)"
            ),
            ("UPDATE open SET priority = 5", "1 open task with another type or priority in `open` than in `task` (the first: 4)"),
            ("INSERT INTO attempt (task, number, outcome, ended) VALUES (50, 1, 'failed', 0)", "1 attempt of tasks that are not there"),
            ("UPDATE task SET type = 40 WHERE id = 2", "1 task of a type that is not known (the first: 2)"),
            ("UPDATE submission SET count = 9", "1 submission of which tasks are missing, though none of them was forgotten"),
            ("DELETE FROM task WHERE id = 3", "1 submission of which tasks are missing, though none of them was forgotten (the first: 1)"),
            ("UPDATE submission SET count = 0", "1 submission whose number of tasks cannot be (the first: 1)"),
            ("UPDATE submission SET type = 'sum'", "1 submission of another type than its tasks (the first: 1)"),
            ("UPDATE \(slot) SET pruned_to = 9", "id 9 was given, but 4 is noted as the highest one"),
            ("DELETE FROM ending", "1 tasks have ended and 0 of them are gone, but 0 are there"),
            // As if it had been forgotten, except for the counters.
            (
                "DELETE FROM ending; DELETE FROM task WHERE id = 1; UPDATE \(slot) SET pruned_to = 1",
                "1 tasks have ended and 0 of them are gone, but 0 are there"
            ),
            (
                "DELETE FROM ending; DELETE FROM task WHERE id = 1; UPDATE \(slot) SET pruned_to = 1",
                "3 tasks and 1 keys are kept, but 5 rows are counted"
            ),
        ].map { StoreDamage(sql: $0, words: $1) }
        let noted = "id 4 is the highest one that is known, but 99 is noted"
        return counted + others + [StoreDamage(sql: "UPDATE \(slot) SET last_task = 99", words: noted, level: .warning)]
    }

    /// Gives a new store the tasks that the damage is done to: of four the first has ended, the last is due later.
    package static func prepare(_ store: some TaskStore) async throws {
        try await store.submit(.of([.text("a"), .text("b"), .text("c"), .text("d", due: .at(1_000))]))
        var take = StoreChanges()
        _ = take.take(.of(limit: 1))
        _ = try await store.commit(take)
        #expect(try await store.end(.of(1)) == [true])
    }

    /// Expects an inspection after it to say so, with advice.
    package func expect(in inspection: StoreInspection) {
        let found = inspection.findings.filter { $0.level == level }
        #expect(found.contains { $0.found.contains(words) && $0.advice != nil }, "\(found)")
        let promises = inspection.findings.contains { $0.advice?.contains("no task is lost") == true }
        #expect(promises == isHarmless, "\(inspection.findings)")
    }
}
