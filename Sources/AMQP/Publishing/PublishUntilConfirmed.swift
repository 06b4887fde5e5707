/// Publishes messages and waits for the broker's confirms: a ``Connection``, or in tests a broker that behaves as badly as wanted.
public protocol MessagePublisher: Sendable {
    /// Publishes messages and waits until the broker has confirmed each of them.
    ///
    /// - Returns: An outcome for each publication, in their order.
    /// - Throws: `AMQPError` where nothing was sent, or the outcome is unknown.
    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome]
}

extension Connection: MessagePublisher {}

extension MessagePublisher {
    /// Publishes until each message has its final outcome. A message whose outcome is unknown is published again after a pause; the policy
    /// says what becomes of one that the broker does not take. So a message may arrive more than once, and its receiver must bear that.
    ///
    /// One message that AMQP cannot carry makes a connection refuse all of its batch. It is found by halving the batch, and the others are
    /// sent.
    ///
    /// - Returns: An outcome for each publication, in their order. One that was replaced has the outcome of its last replacement,
    ///   `confirmed` where there was none. Nil where the connection is closed or the policy gives up; then some may have arrived.
    public func publishUntilConfirmed(_ publications: [Publication], policy: some PublishPolicy) async -> [PublishOutcome]? {
        guard !publications.isEmpty else { return [] }
        var open = publications
        /// The index of each open publication among all; nil: all are open.
        var indices: [Int]?
        var outcomes: [PublishOutcome] = []
        var (repetitions, pauses) = (0, 0)
        while true {
            let answers: [PublishOutcome]
            var areFinal = false
            do throws(AMQPError) {
                answers = try await publish(open, within: policy.deadline)
            } catch {
                switch error.code {
                case .closed:
                    return nil
                case .badMessage:
                    guard let found = await publishHalves(of: open, error, policy) else { return nil }
                    answers = found
                    areFinal = true
                default:
                    pauses += 1
                    guard await policy.repeats(open.count, after: error, attempt: pauses), await policy.pause(before: pauses) else {
                        return nil
                    }
                    continue
                }
            }
            let unconfirmed = areFinal ? [] : answers.indices.filter { answers[$0] != .confirmed }
            if indices == nil, unconfirmed.isEmpty { return answers }
            let known = indices ?? Array(publications.indices)
            if outcomes.isEmpty { outcomes = answers } else { for (index, answer) in zip(known, answers) { outcomes[index] = answer } }
            guard !unconfirmed.isEmpty else { return outcomes }

            let refused = unconfirmed.map { UnconfirmedPublication(publication: open[$0], outcome: answers[$0]) }
            guard let resolutions = await policy.resolve(refused, repetitions: repetitions) else { return nil }
            var next: [(index: Int, publication: Publication)] = []
            var mustPause = false
            for (position, resolution) in zip(unconfirmed, resolutions) {
                switch resolution {
                case .final: break
                case .again:
                    mustPause = true
                    next.append((known[position], open[position]))
                case .replaced(let others):
                    outcomes[known[position]] = .confirmed
                    next += others.map { (known[position], $0) }
                }
            }
            guard !next.isEmpty else { return outcomes }
            (open, indices) = (next.map(\.publication), next.map(\.index))
            guard mustPause else { continue }
            repetitions += 1
            pauses += 1
            guard await policy.pause(before: pauses) else { return nil }
        }
    }

    /// Publishes a batch that the connection refused as a whole, by halves.
    private func publishHalves(
        of publications: [Publication], _ error: AMQPError, _ policy: some PublishPolicy
    ) async -> [PublishOutcome]? {
        guard publications.count > 1 else { return [await policy.outcome(ofUnsendable: publications[0], error)] }
        let middle = publications.count / 2
        guard let first = await publishUntilConfirmed(Array(publications[..<middle]), policy: policy),
            let second = await publishUntilConfirmed(Array(publications[middle...]), policy: policy)
        else { return nil }
        return first + second
    }
}
