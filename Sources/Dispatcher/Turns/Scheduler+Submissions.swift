import AMQP
import TaskGridCore
import TaskStore

extension Scheduler {
    /// Plans the acceptance of a submission, or its rejection.
    func take(_ submission: Submission, _ now: Timestamp, _ plan: inout Plan) {
        if let rejection = check(submission) {
            plan.publications += Publication.rejection(of: submission, rejection, topology)
            return
        }
        guard let lane = lanes[submission.type] else { return }
        let count = submission.tasks.count { $0.due.map { $0 <= now } ?? true }
        // A task goes out with its own acceptance where nothing older of its type waits and the window has room.
        let handsOut =
            lane.isRoutable && !lane.isPaused && !lane.hasBacklog && lane.breaker.state == .closed && !lane.isHeldBack(at: .now)
            && lane.handed.count + lane.promised + count <= lane.capacity(configuration)
        if handsOut { plan.promise(count, lane) } else if count > 0 { plan.feed(lane) }
        plan.changes.submissions.append(
            NewSubmission(
                submission: submission, created: now, handsOut: handsOut, defaultMaxAttempts: configuration.retry.maxAttempts
            )
        )
    }

    private func check(_ submission: Submission) -> Rejection? {
        guard lanes[submission.type] != nil else {
            return Rejection(.unknownType, "no worker has registered type '\(submission.type)'; known types: \(knownTypes)")
        }
        for (place, task) in submission.tasks.enumerated() where task.payload.count > configuration.maximumPayload {
            return Rejection(
                .payloadTooLarge,
                "payload \(place + 1) of \(submission.tasks.count) has \(task.payload.count) bytes; at most \(configuration.maximumPayload) are accepted"
            )
        }
        return nil
    }

    /// The names of the known types, for people: some of them where there are many.
    private var knownTypes: String {
        guard lanes.count > 0 else { return "none yet" }
        let names = lanes.types.prefix(20).sorted().map(\.name)
        let others = lanes.count > names.count ? " and \(lanes.count - names.count) more" : ""
        return names.joined(separator: ", ") + others
    }

    /// A submission is durable: the books, the answer, and the work that goes out at once.
    func settle(_ new: NewSubmission, _ accepted: Accepted, _ now: Timestamp, _ work: inout [HandOut], _ outbound: inout Outbound) {
        let submission = new.submission
        if let client = submission.client {
            outbound.messages.append(
                .reply(
                    Reply(
                        form: submission.form, type: submission.type, correlation: submission.correlation,
                        content: .accepted(first: accepted.first, count: accepted.count)
                    ), client: client
                )
            )
        }
        guard !accepted.isRepeat, let lane = lanes[submission.type] else { return }
        lane.books.submitted += accepted.count
        lane.isDirty = true
        for (place, task) in submission.tasks.enumerated() {
            if let due = task.due, due > new.created {
                lane.scheduled(for: due)
            } else if new.handsOut {
                work.append(
                    HandOut(
                        task: OpenTask(
                            id: accepted.first.advanced(by: place), type: submission.type, priority: task.priority,
                            created: new.created, attempt: 1, maxAttempts: task.maxAttempts ?? new.defaultMaxAttempts,
                            timeout: task.timeout, expires: task.expires, client: submission.client,
                            correlation: submission.correlation, form: submission.form
                        ), payload: task.payload
                    )
                )
            } else {
                lane.books.pending += 1
            }
        }
    }
}
