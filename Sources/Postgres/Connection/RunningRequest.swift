/// The request that the server works on now: what has been sent of it and what has been answered. It belongs to the connection's thread.
final class RunningRequest {
    let request: PostgresRequest
    /// With BEGIN and COMMIT where the request has them.
    let statements: [PostgresStatement]
    var progress: PipelineProgress
    /// The statements that the pipeline prepares, by index.
    let preparing: [Int: PreparedStatements.Entry]
    /// The name that each statement is prepared as; nil: it is not prepared.
    let names: [String?]
    /// The answer of each statement; nil: not yet.
    var rows: [ResultHandle?]
    /// The bytes of its answers in memory.
    var answerBytes = 0
    /// The first error, without an outcome.
    var failure: PostgresError?
    /// Something has been read of the step that is answered now.
    var hasAnswer = false

    /// - Parameters:
    ///   - request: the request.
    ///   - prepared: what the session has prepared.
    /// - Throws: `invalidUse` where a statement is not as it was prepared.
    init(_ request: PostgresRequest, _ prepared: inout PreparedStatements) throws(PostgresError) {
        let statements =
            switch request.kind {
            case .plain, .step: request.statements
            case .whole: [PostgresStatement(.begin)] + request.statements + [PostgresStatement(.commit)]
            case .begin: [PostgresStatement(.begin)] + request.statements
            case .commit: request.statements + [PostgresStatement(.commit)]
            case .rollback: [PostgresStatement(.rollback)]
            }
        var steps: [PipelineProgress.Step] = []
        var preparing: [Int: PreparedStatements.Entry] = [:]
        var inThis: [String: PreparedStatements.Entry] = [:]
        var names = [String?](repeating: nil, count: statements.count)
        for (index, statement) in statements.enumerated() {
            if statement.query.isPrepared {
                if let entry = prepared[statement.query] ?? inThis[statement.name] {
                    try PreparedStatements.check(statement, is: entry)
                    names[index] = entry.name
                } else if prepared.hasRoom(besides: inThis.count) {
                    let entry = prepared.entry(for: statement)
                    steps.append(.prepare(index))
                    preparing[index] = entry
                    inThis[statement.name] = entry
                    names[index] = entry.name
                }
            }
            steps.append(.execute(index))
        }
        steps.append(.sync)
        let commitPoint: PipelineProgress.CommitPoint =
            switch request.kind {
            case .plain: .step(.sync)
            case .whole, .commit: .step(.execute(statements.count - 1))
            case .begin, .step, .rollback: .later
            }
        self.request = request
        self.statements = statements
        self.preparing = preparing
        self.names = names
        rows = [ResultHandle?](repeating: nil, count: statements.count)
        progress = PipelineProgress(steps: steps, commitPoint: commitPoint)
    }

    /// The COMMIT; nil: it has none.
    var commitStep: PipelineProgress.Step? {
        if case .step(.execute(let index)) = progress.commitPoint { .execute(index) } else { nil }
    }

    /// The answers to the caller's own statements; nil where one is missing.
    var answers: [PostgresRows]? {
        let first =
            switch request.kind {
            case .whole, .begin: 1
            case .plain, .step, .commit, .rollback: 0
            }
        var answers: [PostgresRows] = []
        for index in first..<(first + request.statements.count) {
            guard let handle = rows[index] else { return nil }
            answers.append(PostgresRows(handle, of: statements[index].name))
        }
        return answers
    }
}
