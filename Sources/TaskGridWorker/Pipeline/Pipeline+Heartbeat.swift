import AMQP
import Foundation
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Says at each interval, when a service asks, and at once when the drain begins, what the worker holds.
    ///
    /// The loop goes round each second or so, though the registry may be told less often in a large grid.
    func beat(_ identity: RegistryMessage, from first: ContinuousClock.Instant) async {
        let pulse = vitals.pulse("heartbeat", period: settings.heartbeatInterval)
        defer { pulse.ends() }
        var next = first
        var checked = first
        var due = first
        var hasToldDrain = false
        while !Task.isCancelled {
            await heartbeatSignal.wait(until: next, sleep: clock.sleep)
            guard !Task.isCancelled else { return }
            let (asked, isDraining, interval) = state.withLock { state in
                defer { state.askedHeartbeat = nil }
                return (state.askedHeartbeat, state.isDraining, state.interval)
            }
            if let asked { due = min(due, asked.instant) }
            let now = clock.now()
            next = min(now + settings.heartbeatInterval, max(due, now))
            // A batch may hold an item that takes longer than its type's rule; its neighbours' results wait no longer.
            senderSignal.raise()
            pulse.works()
            drainIfStuck()
            divideLongBatches()
            await adaptPrefetch()
            if due <= now || (isDraining && !hasToldDrain) {
                hasToldDrain = isDraining
                // A little sooner each time, so that workers that were asked together do not go on together.
                let pause = interval.map { Duration.milliseconds($0) } ?? settings.heartbeatInterval
                due = now + pause * Double.random(in: 0.9...1)
                next = min(now + settings.heartbeatInterval, due)
                await tell(.heartbeat, identity)
                if checked + settings.heartbeatInterval * Self.beatsBetweenChecks <= now {
                    checked = now
                    await checkControl()
                }
            }
            pulse.waits()
        }
    }

    /// How often it looks whether it can be reached, in heartbeats of a small grid.
    private static let beatsBetweenChecks = 5

    /// Looks whether control messages reach this worker: nobody tells a queue that its exchange or its binding is gone.
    private func checkControl() async {
        let ping = Publication(
            exchange: settings.topology.control.name, routingKey: settings.topology.workerKey(settings.id),
            message: Message(properties: BasicProperties(messageID: "\(settings.id).ping", type: "ping")), isMandatory: true
        )
        guard let outcome = try? await transport.publish([ping], within: settings.heartbeatInterval).first else { return }
        switch outcome {
        case .returned, .refused(.exchangeNotFound): await transport.declareAgain()
        case .confirmed, .nacked, .refused: break
        }
    }

    /// Does what a service asks: speaks within a moment, and from then on at its interval, but no more often than it was set up to.
    func apply(_ request: HeartbeatRequest) {
        let own = Int(settings.heartbeatInterval.milliseconds)
        let jitter = Duration.milliseconds(Int.random(in: 0...max(1, own)))
        let moment = Moment(clock.now() + jitter)
        state.withLock { state in
            if let interval = request.interval { state.interval = max(own, interval) }
            state.askedHeartbeat = moment
        }
        heartbeatSignal.raise()
    }

    /// Publishes a registry message. One that is lost is made good by the next heartbeat, which says everything.
    func tell(_ kind: RegistryMessage.Kind, _ identity: RegistryMessage) async {
        let publication = Publication(
            exchange: settings.topology.registry.name,
            routingKey: Topology.registryKey(kind, worker: identity.worker), message: report(identity).message(kind)
        )
        do {
            let outcomes = try await transport.publish([publication], within: .milliseconds(Int64(identity.interval)))
            if case .refused(.accessRefused(let text)) = outcomes.first { fail(publication.exchange, text) }
        } catch {
            logger.debug(
                "registry message lost, the next heartbeat makes up for it",
                metadata: [LogKey.registryKind: "\(kind.rawValue)", LogKey.error: "\(error.message)"])
        }
    }

    /// The worker's first registry message.
    var identity: RegistryMessage {
        RegistryMessage(
            worker: settings.id, host: WorkerID.hostName, pid: Int(ProcessInfo.processInfo.processIdentifier),
            version: TaskGridVersion.current, types: settings.types, concurrency: settings.concurrency,
            prefetch: settings.prefetch, batch: true, started: started,
            interval: Int(settings.heartbeatInterval.milliseconds)
        )
    }

    private func report(_ identity: RegistryMessage) -> RegistryMessage {
        let (slotTable, counts, interval, isGrowing) = state.withLock { state -> (SlotTable, (Int, Int, Int, Bool, Bool), Int?, Bool) in
            // A receiver that waits for deliveries lives; one that is stuck with some does not count as such.
            if state.isReceiving { state.progress += 1 }
            return (
                state.slotTable, (state.progress, state.succeeded, state.failed, state.isDraining, state.isQuiet), state.interval,
                !state.growing.isEmpty
            )
        }
        var report = identity
        report.hold(running: slotTable.running, waiting: slotTable.waiting)
        (report.progress, report.done, report.failed, report.draining, report.quiet) = counts
        if let interval { report.interval = interval }
        if isGrowing, let longest = settings.longestPrefetch { report.prefetch = longest }
        return report
    }
}

extension RegistryMessage {
    /// Names what the worker holds.
    fileprivate mutating func hold(running: [Work.Item], waiting: [Work.Item]) {
        self.running = running.map(\.held)
        self.waiting = waiting.map(\.held)
        for item in running { item.proof.digest.append(to: &proofs) }
        for item in waiting { item.proof.digest.append(to: &proofs) }
    }
}
