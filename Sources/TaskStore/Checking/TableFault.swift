/// A kind of rows that do not belong together.
enum TableFault: String, CaseIterable, Sendable {
    case attemptWithoutTask, cursorBeyondTasks, endingOfNoState, endingOfOtherType, endingWithoutTask, lostTask, missingTask
    case openOfOtherType, openWithoutTask, openThoughEnded, overlappingRanges, submissionOfOtherType, taskOfUnknownType
    case taskWithoutSubmission, wrongRange, wrongRest, wrongSubmission

    /// An open task that its range counts, which is a row of `task`.
    private static let isRanged = """
        NOT EXISTS (SELECT 1 FROM ending WHERE ending.id = task.id)
            AND NOT EXISTS (SELECT 1 FROM open WHERE open.id = task.id AND open.attempt IS NOT NULL)
        """

    /// Up to this id tasks may have been forgotten, and beyond it none.
    private static func prunedTo(_ tables: StoreTables) -> String { "(SELECT pruned_to FROM (\(tables.slot)) AS slot)" }

    /// How many tasks a submission has beyond it.
    private static func unforgotten(_ tables: StoreTables) -> String {
        "CASE WHEN first > \(prunedTo(tables)) THEN count ELSE first + count - 1 - \(prunedTo(tables)) END"
    }

    /// A SELECT of the ids at which it is seen.
    private func ids(_ tables: StoreTables) -> String {
        switch self {
        case .attemptWithoutTask:
            "SELECT task AS id FROM attempt WHERE NOT EXISTS (SELECT 1 FROM task WHERE task.id = attempt.task)"
        case .cursorBeyondTasks:
            "SELECT id FROM cursor WHERE id > (SELECT last_task FROM (\(tables.slot)) AS slot)"
        case .endingOfNoState:
            "SELECT id FROM ending WHERE state NOT BETWEEN 5 AND 8"
        case .endingOfOtherType:
            "SELECT ending.id FROM ending JOIN task ON task.id = ending.id WHERE ending.type <> task.type"
        case .endingWithoutTask:
            "SELECT id FROM ending WHERE NOT EXISTS (SELECT 1 FROM task WHERE task.id = ending.id)"
        case .lostTask:
            """
            SELECT id FROM task WHERE \(Self.isRanged) AND coalesce((
                SELECT open_range.last FROM open_range WHERE open_range.type = task.type AND open_range.priority = task.priority
                    AND open_range.first <= task.id
                ORDER BY open_range.type DESC, open_range.priority DESC, open_range.first DESC LIMIT 1
            ), 0) < id
            """
        case .missingTask:
            // Both sums are made once, and the submissions are looked through only where they differ.
            """
            SELECT first AS id FROM submission WHERE first + count - 1 > \(Self.prunedTo(tables))
                AND (SELECT coalesce(sum(\(Self.unforgotten(tables))), 0) FROM submission WHERE first + count - 1 > \(Self.prunedTo(tables)))
                    <> (SELECT count(*) FROM task WHERE id > \(Self.prunedTo(tables)))
                AND \(Self.unforgotten(tables)) > (
                    SELECT count(*) FROM task WHERE task.id >= submission.first AND task.id < submission.first + submission.count
                        AND task.id > \(Self.prunedTo(tables)))
            """
        case .openOfOtherType:
            """
            SELECT open.id FROM open JOIN task ON task.id = open.id WHERE open.type <> task.type OR open.priority <> task.priority
            """
        case .openWithoutTask:
            "SELECT id FROM open WHERE NOT EXISTS (SELECT 1 FROM task WHERE task.id = open.id)"
        case .openThoughEnded:
            "SELECT id FROM open WHERE EXISTS (SELECT 1 FROM ending WHERE ending.id = open.id)"
        case .overlappingRanges:
            """
            SELECT first AS id FROM (SELECT first, lag(last) OVER (ORDER BY first) AS before FROM open_range) AS ranges
            WHERE before >= first
            """
        case .submissionOfOtherType:
            """
            SELECT submission.first AS id FROM submission JOIN task ON task.id = submission.first JOIN type ON type.id = task.type
            WHERE submission.type <> '' AND submission.type <> type.name
            """
        case .taskOfUnknownType:
            "SELECT id FROM task WHERE type = 0 OR NOT EXISTS (SELECT 1 FROM type WHERE type.id = task.type)"
        case .taskWithoutSubmission:
            """
            SELECT id FROM task WHERE NOT EXISTS (
                SELECT 1 FROM submission WHERE submission.first = task.id - task."position" AND submission.count > task."position")
            """
        case .wrongRange:
            "SELECT first AS id FROM open_range WHERE last < first OR rest < 1 OR rest > last - first + 1"
        case .wrongRest:
            """
            SELECT first AS id FROM open_range WHERE rest <> (
                SELECT count(*) FROM task WHERE task.id >= open_range.first AND task.id <= open_range.last
                    AND task.type = open_range.type AND task.priority = open_range.priority AND \(Self.isRanged))
            """
        case .wrongSubmission:
            """
            SELECT first AS id FROM (SELECT first, count, lead(first) OVER (ORDER BY first) AS next FROM submission) AS listed
            WHERE count < 1 OR next < first + count
            """
        }
    }

    func statement(_ tables: StoreTables) -> String {
        """
        SELECT '\(rawValue)' AS name, CAST(coalesce(min(id), 0) AS bigint) AS type, CAST(0 AS bigint) AS state,
            CAST(count(*) AS bigint) AS value, NULL AS text
        FROM (\(ids(tables))) AS found
        """
    }

    /// The words for rows of it.
    func found(_ count: Int64, first: Int64) -> String {
        let one = count == 1
        let what =
            switch self {
            case .attemptWithoutTask: "attempt\(one ? "" : "s") of tasks that are not there"
            case .cursorBeyondTasks: "cursor\(one ? "" : "s") beyond the highest id that was given"
            case .endingOfNoState: "ending\(one ? "" : "s") with a state in which no task ends"
            case .endingOfOtherType: "ending\(one ? "" : "s") of another type than the task's"
            case .endingWithoutTask: "ending\(one ? "" : "s") of tasks that are not there"
            case .lostTask: "open task\(one ? "" : "s") that no range holds, so that nobody hands \(one ? "it" : "them") out"
            case .missingTask: "submission\(one ? "" : "s") of which tasks are missing, though none of them was forgotten"
            case .openOfOtherType: "open task\(one ? "" : "s") with another type or priority in `open` than in `task`"
            case .openWithoutTask: "row\(one ? "" : "s") of open tasks that are not there"
            case .openThoughEnded: "row\(one ? "" : "s") of open tasks that have ended"
            case .overlappingRanges: "range\(one ? "" : "s") of open tasks that begin\(one ? "s" : "") within another one"
            case .submissionOfOtherType: "submission\(one ? "" : "s") of another type than \(one ? "its" : "their") tasks"
            case .taskOfUnknownType: "task\(one ? "" : "s") of a type that is not known"
            case .taskWithoutSubmission: "task\(one ? "" : "s") without a submission"
            case .wrongRange: "range\(one ? "" : "s") of open tasks whose numbers cannot be"
            case .wrongRest: "range\(one ? "" : "s") that count\(one ? "s" : "") another number of open tasks than there are"
            case .wrongSubmission: "submission\(one ? "" : "s") whose number of tasks cannot be"
            }
        return "\(count) \(what) (the first: \(first))"
    }
}
