import AMQP
import Foundation
import Logging
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Says at each interval, and at once when the drain begins, what the worker holds.
    func beat(_ identity: RegistryMessage, from first: ContinuousClock.Instant) async {
        let pulse = vitals.pulse("heart", period: settings.heartbeatInterval)
        defer { pulse.ends() }
        var next = first
        var beats = 0
        while !Task.isCancelled {
            await heartSignal.wait(until: next, sleep: clock.sleep)
            guard !Task.isCancelled else { return }
            next = clock.now() + settings.heartbeatInterval
            // A parcel may hold an item that takes longer than its type's rule; its neighbours' results wait no longer.
            senderSignal.raise()
            pulse.works()
            drainIfStuck()
            await tell(.heartbeat, identity)
            beats += 1
            if beats % Self.beatsBetweenChecks == 0 { await checkControl() }
            pulse.waits()
        }
    }

    /// How often it looks whether it can be reached, in heartbeats.
    private static let beatsBetweenChecks = 5

    /// Looks whether control messages reach this worker: nobody tells a queue that its exchange or its binding is gone.
    private func checkControl() async {
        let ping = Publication(
            exchange: settings.topology.control.name, routingKey: "worker.\(settings.id)",
            message: Message(properties: BasicProperties(messageID: "\(settings.id).ping", type: "ping")), isMandatory: true
        )
        guard let outcome = try? await transport.publish([ping], within: settings.heartbeatInterval).first else { return }
        switch outcome {
        case .returned, .refused(.exchangeNotFound): await transport.declareAgain()
        case .confirmed, .nacked, .refused: break
        }
    }

    /// Publishes a registry message. One that is lost is made good by the next heartbeat, which says everything.
    func tell(_ kind: RegistryMessage.Kind, _ identity: RegistryMessage) async {
        let publication = Publication(
            exchange: settings.topology.registry.name,
            routingKey: settings.topology.registryKey(kind, types: identity.types), message: report(identity).message(kind)
        )
        do {
            _ = try await transport.publish([publication], within: .milliseconds(Int64(identity.interval)))
        } catch {
            logger.debug("Lost a registry message", metadata: [LogKey.request: "\(kind.rawValue)", LogKey.error: "\(error.message)"])
        }
    }

    /// What the worker says of itself to begin with.
    var identity: RegistryMessage {
        RegistryMessage(
            worker: settings.id, host: WorkerID.hostName, pid: Int(ProcessInfo.processInfo.processIdentifier),
            version: TaskGridVersion.current, types: settings.types, concurrency: settings.concurrency,
            prefetch: settings.prefetch, batch: true, started: .now(),
            interval: Int(settings.heartbeatInterval.milliseconds)
        )
    }

    private func report(_ identity: RegistryMessage) -> RegistryMessage {
        let (bench, counts) = state.withLock { state -> (Bench, (Int, Int, Int, Bool)) in
            // A receiver that waits for deliveries lives; one that is stuck with some does not count as such.
            if state.isReceiving { state.progress += 1 }
            return (state.bench, (state.progress, state.succeeded, state.failed, state.isDraining))
        }
        var report = identity
        report.running = bench.running
        report.waiting = bench.waiting
        (report.progress, report.done, report.failed, report.draining) = counts
        return report
    }
}
