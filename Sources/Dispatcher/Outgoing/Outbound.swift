import AMQP
import TaskGridCore

/// The messages that a turn leaves to be published, and the deliveries that may be acknowledged once the broker has confirmed it.
///
/// Work and replies are put into messages only when they are published: while that goes on, the next turn is on its way.
struct Outbound: Sendable {
    enum Outgoing: Sendable {
        case ready(Publication)
        case work(Work)
        case reply(Reply, client: String)
    }

    enum Acknowledgement {
        /// A delivery and all before it.
        case upTo(DeliveryTag)
        /// Just these.
        case only([DeliveryTag])
    }

    let topology: Topology
    /// Whether the broker is to keep work over its restart.
    let persistsWork: Bool
    var messages: [Outgoing] = []
    /// Types whose work queue is to be declared: workers of theirs have come.
    var declares: Set<TaskType> = []
    /// The same, where somebody has deleted or unbound it.
    var repairs: Set<TaskType> = []
    /// Some of `messages` tell how tasks ended.
    var hasEndings = false
    /// The turn took as much from the store as it may, and more waits that there is room for.
    var leavesMore = false
    /// The deliveries of which this is all that there is to say, besides rejections.
    var acknowledges: Acknowledgement?
    /// Published once the deliveries are acknowledged: no dispatcher accepts later what was rejected. A client whose rejection is lost
    /// repeats its submission.
    var rejections: [Publication] = []

    /// The messages, to be published in this order.
    var publications: [Publication] {
        messages.map { outgoing in
            switch outgoing {
            case .ready(let publication): publication
            case .work(let work): publication(of: work)
            case .reply(let reply, let client): .reply(reply, to: client, topology)
            }
        }
    }

    private func publication(of work: Work) -> Publication {
        var message = work.message(isPersistent: persistsWork)
        // A returned message is known by its id; a single one's is its task's already.
        if work.items.count > 1 { message.properties.messageID = "\(work.items[0].id)+\(work.items.count - 1)" }
        return Publication(exchange: topology.work.name, routingKey: work.type.name, message: message, isMandatory: true)
    }

    /// Nothing follows from it.
    var isEmpty: Bool { messages.isEmpty && declares.isEmpty && repairs.isEmpty && acknowledges == nil && rejections.isEmpty }

    var hasWork: Bool {
        messages.contains { if case .work = $0 { true } else { false } }
    }

    /// The work that did not reach a queue.
    func undelivered(_ outcomes: [PublishOutcome]) -> [Inbox.Undelivered] {
        zip(messages, outcomes).flatMap { outgoing, outcome -> [Inbox.Undelivered] in
            guard case .work(let work) = outgoing, let reason = Inbox.Undelivered.Reason(outcome) else { return [] }
            if case .tooLarge = reason, work.items.count > 1 { return [] }
            return work.items.map {
                Inbox.Undelivered(type: work.type, held: RegistryMessage.Held(task: $0.id, attempt: $0.attempt), reason: reason)
            }
        }
    }

    /// Work of several tasks that is more than the broker takes, in halves to be published in its place.
    func halves(_ outcomes: [PublishOutcome]) -> Outbound {
        var halves = Outbound(topology: topology, persistsWork: persistsWork)
        for (outgoing, outcome) in zip(messages, outcomes) {
            guard case .work(let work) = outgoing, case .refused(.tooLarge) = outcome, work.items.count > 1 else { continue }
            var (first, second) = (work, work)
            first.items = Array(work.items.prefix(work.items.count / 2))
            second.items = Array(work.items.dropFirst(work.items.count / 2))
            halves.messages += [.work(first), .work(second)]
        }
        return halves
    }
}

extension Outbound {
    /// Replies to a command.
    mutating func reply<Answer: Encodable & Sendable>(_ answer: Result<Answer, QueryError>, to command: AdminCommand) {
        guard let replyTo = command.replyTo else { return }
        messages.append(.ready(.answer(AnswerMessage.message(answer, to: command.query), to: replyTo, topology)))
    }

    /// Replies to a submission, where somebody waits for it.
    mutating func reply(_ content: Reply.Content, to submission: Submission) {
        guard let client = submission.client else { return }
        let reply = Reply(form: submission.form, type: submission.type, correlation: submission.correlation, content: content)
        messages.append(.reply(reply, client: client))
    }
}

extension Inbox.Undelivered.Reason {
    /// nil where the message was delivered.
    fileprivate init?(_ outcome: PublishOutcome) {
        switch outcome {
        case .confirmed: return nil
        case .returned: self = .unroutable
        case .refused(.tooLarge(let size, let limit)):
            self = .tooLarge(
                "its work message has \(size) bytes; the broker takes \(limit) at most: send a smaller payload, or raise max_message_size")
        case .nacked, .refused(.accessRefused), .refused(.exchangeNotFound): self = .refused
        }
    }
}
