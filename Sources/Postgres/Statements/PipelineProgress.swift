/// How far one request has come: its steps in order, those that libpq has been given, those that the server has answered, and what follows
/// for its changes if the connection breaks now. It does no I/O.
struct PipelineProgress {
    /// One message to the server, or a group of messages that it answers as one.
    enum Step: Hashable {
        /// Prepares the statement of this index.
        case prepare(Int)
        case execute(Int)
        /// The end of the pipeline. Without a transaction of its own, the request is committed here.
        case sync
    }

    /// The step that commits the request's changes.
    enum CommitPoint: Hashable {
        case step(Step)
        /// None: the changes belong to a transaction that a later request commits.
        case later
    }

    enum Answer: Hashable {
        case done
        /// It failed, and everything after it up to the sync is passed over.
        case failed(isFatal: Bool)
        case passedOver
    }

    let steps: [Step]
    let commitPoint: CommitPoint
    private(set) var given = 0
    private(set) var answered = 0
    /// The step that failed.
    private(set) var failure: Step?
    private var isCommitted = false
    private var failedFatallyAtCommit = false

    init(steps: [Step], commitPoint: CommitPoint) {
        self.steps = steps
        self.commitPoint = commitPoint
    }

    /// The next step to give to libpq.
    var next: Step? { given < steps.count ? steps[given] : nil }
    /// The step that the server answers next; nil: it has answered all that was given.
    var awaited: Step? { answered < given ? steps[answered] : nil }

    mutating func give() { given += 1 }

    mutating func answer(_ answer: Answer) {
        guard let step = awaited else { return }
        answered += 1
        switch answer {
        case .done: if commitPoint == .step(step) { isCommitted = true }
        case .failed(let isFatal):
            if failure == nil { failure = step }
            if isFatal, commitPoint == .step(step) { failedFatallyAtCommit = true }
        case .passedOver: break
        }
    }

    /// The end of the request where no more answers come.
    enum Ending: Hashable {
        case committed, notCommitted, unknown
    }

    var endingIfLost: Ending {
        guard case .step(let commit) = commitPoint else { return .notCommitted }
        if isCommitted { return .committed }
        // A session that ends while it commits may have committed, whatever it says of its end.
        if failedFatallyAtCommit { return .unknown }
        if failure != nil { return .notCommitted }
        return steps[..<given].contains(commit) ? .unknown : .notCommitted
    }
}
