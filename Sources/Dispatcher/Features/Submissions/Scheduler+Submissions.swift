import AMQP
import TaskGridCore
import TaskStore

extension Scheduler {
    /// Plans the acceptance of a submission, or its rejection.
    func planSubmission(_ submission: Submission, in turn: inout Turn) {
        noteUser(submission.user)
        if let rejection = rejection(of: submission) {
            turn.plan.rejections += Publication.rejection(of: submission, rejection, topology)
            return
        }
        guard let typeQueue = typeQueues[submission.type] else { return }
        var new = NewSubmission(
            submission: submission, created: turn.now, wallOffset: clock.wallOffset, handsOut: false,
            defaultMaxAttempts: configuration.retry.maxAttempts
        )
        let count = submission.tasks.count { if case .ready = new.beginning(of: $0) { true } else { false } }
        new.handsOut = admission.admits(count, of: typeQueue)
        if new.handsOut { turn.plan.promise(count, of: typeQueue) } else if count > 0 { turn.plan.feed(typeQueue) }
        turn.plan.accept(new)
    }

    /// Why a submission is not accepted; nil where it is.
    private func rejection(of submission: Submission) -> Rejection? {
        if let access = configuration.access, !access.allows(submission.user, .submit, submission.type) {
            return Rejection(
                .forbidden,
                "user '\(submission.user)' has not the right to submit tasks of type '\(submission.type)': taskgrid users gives it"
            )
        }
        guard typeQueues[submission.type] != nil else {
            return Rejection(.unknownType, "no worker has registered type '\(submission.type)'; known types: \(knownTypes)")
        }
        for (index, task) in submission.tasks.enumerated() where task.payload.count > configuration.maximumPayload {
            return Rejection(
                .payloadTooLarge,
                "payload \(index + 1) of \(submission.tasks.count) has \(task.payload.count) bytes; "
                    + "at most \(configuration.maximumPayload) are accepted"
            )
        }
        return nil
    }

    /// The names of the known types, for people: some of them where there are many.
    private var knownTypes: String {
        guard typeQueues.count > 0 else { return "none yet" }
        let names = typeQueues.types.prefix(20).sorted().map(\.name)
        let others = typeQueues.count > names.count ? " and \(typeQueues.count - names.count) more" : ""
        return names.joined(separator: ", ") + others
    }

    /// Submissions are durable: replies, counts their tasks, and gives the work that goes out at once.
    func settleSubmissions(_ turn: Turn, _ outbound: inout Outbound) -> [HandOut] {
        var work: [HandOut] = []
        for ticket in turn.plan.submissions {
            let (new, accepted) = (turn.plan.changes[ticket], turn.receipt[ticket])
            let submission = new.submission
            if let type = accepted.conflict {
                outbound.rejections += Publication.rejection(of: submission, .keyReused(submission.key, accepted, by: type), topology)
                continue
            }
            outbound.reply(.accepted(first: accepted.first, count: accepted.count, isRepeat: accepted.isRepeat), to: submission)
            guard !accepted.isRepeat, let typeQueue = typeQueues[submission.type] else { continue }
            let expired = count(new, accepted, in: typeQueue, handingOut: &work)
            if !expired.isEmpty { outbound.reply(.ended(expired), to: submission) }
        }
        return work
    }

    /// Counts the tasks of an accepted submission, and adds those that go out at once to `work`.
    ///
    /// - Returns: those that had expired already.
    private func count(
        _ new: NewSubmission, _ accepted: Accepted, in typeQueue: TypeQueue, handingOut work: inout [HandOut]
    ) -> [Ending] {
        let submission = new.submission
        typeQueue.counters.submitted += accepted.count
        typeQueue.isDirty = true
        var expired: [Ending] = []
        for (index, task) in submission.tasks.enumerated() {
            switch new.beginning(of: task) {
            case .expired:
                typeQueue.counters.expired += 1
                expired.append(Ending(id: accepted.first.advanced(by: index), state: .expired, error: .expiry))
            case .scheduled(let due):
                typeQueue.scheduled(for: due)
            case .ready where new.handsOut:
                work.append(
                    HandOut(
                        task: OpenTask(
                            id: accepted.first.advanced(by: index), type: submission.type, settings: task.settings,
                            created: new.created, attempt: 1, expires: new.expires(task), client: submission.client,
                            correlation: submission.correlation, form: submission.form
                        ), payload: task.payload
                    )
                )
            case .ready:
                typeQueue.counters.pending += 1
            }
        }
        return expired
    }
}

extension Rejection {
    /// The store takes nothing now. One that was delivered before may have been accepted then, for instance by a commit whose outcome
    /// was not known.
    init(of submission: Submission, _ error: StoreError) {
        let cause = error.publicMessage
        if submission.isRedelivered {
            self.init(.outcomeUnknown, "\(cause); the submission came before and may have been accepted: repeat it with the same key")
        } else {
            self.init(.storeUnavailable, cause)
        }
    }

    /// The key was accepted before, for tasks of `type`.
    fileprivate static func keyReused(_ key: String, _ accepted: Accepted, by type: TaskType) -> Rejection {
        let last = accepted.first.advanced(by: accepted.count - 1)
        let tasks = accepted.count == 1 ? "task \(accepted.first)" : "tasks \(accepted.first) to \(last)"
        return Rejection(
            .keyReused,
            "the key '\(key)' was accepted before for something else: \(tasks) of type \(type); give this submission a key of its own"
        )
    }
}
