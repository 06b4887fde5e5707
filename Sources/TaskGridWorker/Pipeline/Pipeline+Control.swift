import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore

extension Pipeline {
    /// Does what the control exchange asks for.
    func handleControl() async {
        while !Task.isCancelled, let deliveries = await transport.nextControl() {
            for delivery in deliveries { await handleControl(delivery) }
            await transport.acknowledgeControl(deliveries.map(\.tag))
        }
    }

    private func handleControl(_ delivery: Delivery) async {
        do {
            let topology = settings.topology
            // The nameservice asks for heartbeats and nothing else.
            let isForHeartbeats = delivery.message.properties.type == HeartbeatRequest.name
            try topology.checkService(delivery.message, to: settings.id, or: isForHeartbeats ? topology.users.nameservice : nil)
            switch delivery.message.properties.type {
            case CancelRequest.name: cancel(try CancelRequest(delivery.message))
            case HeartbeatRequest.name: apply(try HeartbeatRequest(delivery.message))
            default:
                if let request = WorkerRequest(delivery.message) { return await apply(request) }
                // A query whether this worker lives is answered by its queue being there; others are for other versions.
                logger.debug(
                    "control message ignored, this version does not know it", metadata: [LogKey.routingKey: "\(delivery.routingKey)"])
            }
        } catch {
            logDead(delivery, error)
            _ = await publishUntilConfirmed([.deadLetter(delivery.message, because: error.description, settings.topology)])
        }
    }

    private func apply(_ request: WorkerRequest) async {
        switch request {
        case .quiet:
            let isNew = state.withLock { state in
                guard !state.isDraining, !state.isQuiet else { return false }
                state.isQuiet = true
                for item in state.slotTable.returnWaiting() { state.book(item) }
                return true
            }
            guard isNew else { return }
            logger.notice("worker is quiet on request, it takes no more tasks")
            senderSignal.raise()
            await transport.pauseWork()
        case .resume:
            let isNew = state.withLock { state in
                defer { state.isQuiet = false }
                return state.isQuiet && !state.isDraining
            }
            guard isNew else { return }
            logger.notice("worker resumed on request, it takes tasks again")
            await transport.resumeWork()
        case .stop:
            logger.notice("worker stops on request")
            return drain()
        }
        let now = Moment(clock.now())
        state.withLock { $0.askedHeartbeat = now }
        heartbeatSignal.raise()
    }

    private func cancel(_ request: CancelRequest) {
        let attempts = Set(request.tasks)
        let now = Moment(clock.now())
        let ended = state.withLock { state in
            // In the order of the request: the last ones are remembered for longest.
            state.cancelled.add(request.tasks)
            return state.slotTable.cancel(attempts, at: now)
        }
        guard !ended.finished.isEmpty else { return }
        logger.info("tasks cancelled on request", metadata: [LogKey.taskCount: "\(ended.finished.count)"])
        finish(ended)
    }
}
