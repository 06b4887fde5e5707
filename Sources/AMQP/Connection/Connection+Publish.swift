import Foundation

extension Connection {
    /// Publishes messages and waits until the broker has confirmed each of them.
    ///
    /// Waits until the broker is connected and takes messages, as long as `deadline` allows.
    ///
    /// If the broker closes the channel for one of them, that one is `refused`, and the connection sends the others again: one
    /// whose confirm was on its way then arrives twice. A message that is larger than the broker takes is refused without being
    /// sent once the broker has said so.
    ///
    /// - Returns: an outcome for each publication, in their order.
    /// - Throws: `connectionLost` or `timedOut` where the outcome is unknown: some of the messages may have arrived; so does
    ///   `closed` where ``close(within:)`` came before the confirms. `unreachable` or `blocked` where nothing was sent,
    ///   `badMessage` for one that AMQP cannot carry.
    public func publish(
        _ publications: [Publication], within deadline: Duration = .seconds(30)
    ) async throws(AMQPError) -> [PublishOutcome] {
        guard !publications.isEmpty else { return [] }
        var mandatory: [String: Int] = [:]
        for (index, publication) in publications.enumerated() {
            try publication.check(maximumFrameSize: Int(Handle.maximumFrameSize))
            if publication.isMandatory, let messageID = publication.message.properties.messageID {
                guard mandatory.updateValue(index, forKey: messageID) == nil else {
                    throw AMQPError(.badMessage, "two mandatory messages of a batch have the message-id \(messageID.prefix(40))")
                }
            }
        }
        let end = ContinuousClock.now + deadline
        // Nothing may suspend from here to the batch's last byte: the ledger counts what this session publishes.
        var ready = try readySession(until: end)
        while ready == nil {
            await withCheckedContinuation { waiters.append(Waiter(continuation: $0, deadline: end)) }
            ready = try readySession(until: end)
        }
        guard let session = ready else { throw unready }
        if session.handle.frameSize < Int(Handle.maximumFrameSize) {
            for publication in publications { try publication.check(maximumFrameSize: session.handle.frameSize) }
        }
        let refused = tooLarge(publications, session.maximumBodySize)
        guard refused.count < publications.count else { return publications.indices.compactMap { refused[$0] } }
        let batch = ledger.register(count: publications.count, mandatory: mandatory, settled: refused)
        for (index, publication) in publications.enumerated() where refused.isEmpty || refused[index] == nil {
            session.encoder.publish(publication, channel: session.publishChannel)
        }
        let result: Result<[PublishOutcome], AMQPError> = await withCheckedContinuation { continuation in
            confirmations[batch] = Confirmation(publications: publications, continuation: continuation, deadline: end)
        }
        return try result.get()
    }

    private func tooLarge(_ publications: [Publication], _ limit: Int?) -> [Int: PublishOutcome] {
        guard let limit else { return [:] }
        var refused: [Int: PublishOutcome] = [:]
        for (index, publication) in publications.enumerated() where publication.message.body.count > limit {
            refused[index] = .refused(.tooLarge(size: publication.message.body.count, limit: limit))
        }
        return refused
    }

    /// The session, if the broker is connected and takes messages; nil where that is worth waiting for.
    private func readySession(until end: ContinuousClock.Instant) throws(AMQPError) -> ConnectionSession? {
        switch phase {
        case .open(let session) where blockedReason == nil:
            return session
        case .closed:
            throw AMQPError(.closed, "connection '\(name)' is closed")
        case .idle:
            throw AMQPError(.closed, "connection '\(name)' was not started")
        case .open, .waiting:
            guard ContinuousClock.now < end else { throw unready }
            return nil
        }
    }

    /// Why nothing can be published now.
    private var unready: AMQPError {
        if let blockedReason {
            AMQPError(.blocked, "the broker at \(endpoint) takes no messages now (\(blockedReason)): free memory or disk on it")
        } else {
            AMQPError(.unreachable, "no connection to the broker at \(endpoint) within the deadline: is it running?")
        }
    }

    func settle(_ settled: [ConfirmLedger.Settled]) {
        for batch in settled {
            guard let confirmation = confirmations.removeValue(forKey: batch.batch) else { continue }
            if !nacks.isEmpty {
                let now = ContinuousClock.now
                for (publication, outcome) in zip(confirmation.publications, batch.outcomes) where outcome == .confirmed {
                    nacks.confirmed(publication.destination, at: now)
                }
            }
            confirmation.continuation.resume(returning: .success(batch.outcomes))
        }
    }

    /// The broker does not take some messages now.
    func refuse(_ tag: UInt64, multiple: Bool, _ session: ConnectionSession) throws(AMQPError) {
        let settled = ledger.refused(tag, multiple: multiple)
        var mustReplace = false
        for entry in ledger.takeRefused() {
            guard let publication = confirmations[entry.batch]?.publications[entry.index] else { continue }
            if nacks.nacked(publication.destination, at: .now) { mustReplace = true }
        }
        settle(settled)
        if mustReplace { try replacePublishChannel(session) }
    }

    /// Nobody will know what became of the unconfirmed publications.
    func failPublications(_ error: AMQPError) {
        for batch in ledger.reset() {
            confirmations.removeValue(forKey: batch)?.continuation.resume(returning: .failure(error))
        }
    }

    func resumeWaiters() {
        let ready = waiters
        waiters = []
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Ends the waits whose deadline has passed and returns the next deadline.
    func expire(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        func consider(_ deadline: ContinuousClock.Instant) { next = min(next ?? deadline, deadline) }
        for (batch, confirmation) in confirmations {
            if confirmation.deadline <= now {
                confirmations[batch] = nil
                // Not `blocked`, even where the broker is: these were sent.
                let cause = blockedReason.map { " (it takes no messages now: \($0))" } ?? ""
                let error = AMQPError(
                    .timedOut, "the broker at \(endpoint) did not confirm within the deadline\(cause); the messages may have arrived"
                )
                confirmation.continuation.resume(returning: .failure(error))
            } else {
                consider(confirmation.deadline)
            }
        }
        if waiters.contains(where: { $0.deadline <= now }) {
            resumeWaiters()
        } else {
            for waiter in waiters { consider(waiter.deadline) }
        }
        return next
    }
}

/// A caller that waits until the broker is connected and takes messages.
struct Waiter {
    let continuation: CheckedContinuation<Void, Never>
    let deadline: ContinuousClock.Instant
}

/// A caller that waits for a batch to be confirmed.
struct Confirmation {
    let publications: [Publication]
    let continuation: CheckedContinuation<Result<[PublishOutcome], AMQPError>, Never>
    let deadline: ContinuousClock.Instant
}
