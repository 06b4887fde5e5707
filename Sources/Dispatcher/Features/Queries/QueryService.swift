import AMQP
import Logging
import ServiceSupport
import TaskGridCore

/// Serves the dispatcher's rpc queue. Commands go to the next turn as they come; queries wait in two fair queues, one for what
/// is read at once and one for searches, and a few loops answer those. So neither commands nor quick queries wait for searches,
/// and a caller that has given up costs nothing.
struct QueryService: Sendable {
    /// How many queries of a kind are answered at a time: each reads from the store beside the turns.
    static let loops = 2
    /// Bytes of queries received and not taken up.
    static let maximumBytes = 4 << 20

    let handler: QueryHandler
    let inbox: Inbox
    let topology: Topology
    let vitals: Vitals
    /// Publishes until each message has an outcome; nil where nothing can be published any more.
    let publish: @Sendable ([Publication]) async -> [PublishOutcome]?
    private let lookups = QueryQueue()
    private let searches = QueryQueue()

    init(
        handler: QueryHandler, inbox: Inbox, topology: Topology, vitals: Vitals,
        publish: @escaping @Sendable ([Publication]) async -> [PublishOutcome]?
    ) {
        self.handler = handler
        self.inbox = inbox
        self.topology = topology
        self.vitals = vitals
        self.publish = publish
    }

    /// Serves until there are no more queries.
    ///
    /// - Parameter next: the next queries; nil where the consumer has ended. They count as taken up: a client that gets no answer asks
    ///   again.
    func run(_ next: @Sendable () async -> [Message]?) async {
        await withDiscardingTaskGroup { group in
            for number in 1...Self.loops {
                group.addTask { await answer(lookups, vitals.pulse("lookups \(number)")) }
                group.addTask { await answer(searches, vitals.pulse("searches \(number)")) }
            }
            await receive(next)
            lookups.finish()
            searches.finish()
        }
    }

    private func receive(_ next: @Sendable () async -> [Message]?) async {
        let pulse = vitals.pulse("queries")
        defer { pulse.ends() }
        while let messages = await next() {
            pulse.works()
            let now = ContinuousClock.now
            var replies: [Publication] = []
            for message in messages {
                if let reply = await take(message, at: now) { replies.append(reply) }
            }
            if !replies.isEmpty { guard await publish(replies) != nil else { return } }
            pulse.waits()
        }
    }

    /// Takes a query up.
    ///
    /// - Returns: An answer that is given at once: that it cannot be read, or that too many wait.
    private func take(_ message: Message, at now: ContinuousClock.Instant) async -> Publication? {
        let replyTo: String
        do throws(WireError) {
            replyTo = try message.properties.answersTo()
        } catch {
            return .deadLetter(message, because: "\(error), so nobody can be answered", topology)
        }
        let query = WaitingQuery(message, replyTo: replyTo, at: now)
        guard message.body.count <= QueryLimits.maximumBody else {
            let text = "a query of \(message.body.count) bytes; at most \(QueryLimits.maximumBody) are read"
            return refusal(QueryError(.badQuery, text), query)
        }
        do throws(WireError) {
            _ = try actor(of: query)
        } catch {
            return refusal(QueryError(.badQuery, "\(error)"), query)
        }
        let hasRoom: Bool
        switch QueryHandler.kind(of: message) {
        case .command: return await command(query, until: now)
        case .lookup: hasRoom = lookups.put(query)
        case .search: hasRoom = searches.put(query)
        }
        return hasRoom ? nil : refusal(QueryError(.unavailable, "too many queries wait already: ask again"), query)
    }

    /// Hands a command to the next turn, which answers it.
    ///
    /// - Returns: Why it cannot.
    private func command(_ query: WaitingQuery, until end: ContinuousClock.Instant) async -> Publication? {
        do {
            try await handler.authorize(query.message, by: query.user)
            let command = try await handler.command(query.message, from: query.replyTo, until: end)
            guard inbox.put(command) else { throw QueryError(.unavailable, "too many commands wait already: ask again") }
            tell(query)
            return nil
        } catch {
            tell(query, refused: error)
            return .answer(handler.refusal(error, to: query.message), to: query.replyTo, topology)
        }
    }

    /// For whom the monitor asks; nil: whoever asks does so for itself.
    private func actor(of query: WaitingQuery) throws(WireError) -> String? {
        try query.message.properties.actor(by: handler.access == nil ? nil : topology.users.monitor)
    }

    /// Says who asks for what, and whether it is refused.
    private func tell(_ query: WaitingQuery, refused error: (any Error)? = nil) {
        let logger = handler.logger
        let level: Logger.Level = error == nil ? .info : .notice
        guard level >= logger.logLevel else { return }
        var metadata = query.message.commandSubject
        metadata[LogKey.accessAction] = "\(query.message.properties.type ?? "")"
        metadata[LogKey.clientID] = "\(query.replyTo)"
        if let actor = try? actor(of: query) { metadata[LogKey.accessName] = "\(actor)" }
        if let error { metadata[LogKey.error] = "\(error)" }
        logger.log(level: level, error == nil ? "command taken up" : "command refused", metadata: metadata)
    }

    private func answer(_ queue: QueryQueue, _ pulse: Pulse) async {
        defer { pulse.ends() }
        while let query = await queue.next() {
            pulse.works()
            // A caller that has given up asks again, if it still wants to know.
            if ContinuousClock.now < query.deadline {
                guard await answer(query) else { return }
            }
            pulse.waits()
        }
    }

    /// Answers a query.
    ///
    /// - Returns: false where nothing can be published any more.
    private func answer(_ query: WaitingQuery) async -> Bool {
        if [RetryQuery.name, BulkQuery.name].contains(query.message.properties.type) {
            guard let reply = await command(query, until: .now + QueryHandler.slice) else { return true }
            return await publish([reply]) != nil
        }
        let answer: Message
        do {
            try await handler.authorize(query.message, by: query.user)
            answer = await handler.answer(query.message, until: query.deadline)
        } catch {
            answer = handler.refusal(error, to: query.message)
        }
        return await publish([.answer(answer, to: query.replyTo, topology)]) != nil
    }

    private func refusal(_ error: QueryError, _ query: WaitingQuery) -> Publication {
        .answer(AnswerMessage.refusal(error, to: query.message), to: query.replyTo, topology)
    }
}
