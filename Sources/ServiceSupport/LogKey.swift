import AMQP

/// The keys of log metadata. Every module uses these, except `AMQP`, which imports nothing of the grid and has its own.
///
///     logger.info("type known", metadata: [LogKey.taskType: "\(type)", LogKey.workerID: "\(worker)"])
///
/// A message is a constant sentence; its values are metadata. Payloads, results and secrets are never logged.
package enum LogKey {
    package static let error = AMQPLogKey.error
    package static let reason = AMQPLogKey.reason

    package static let accessAction = "access.action"
    package static let accessAddress = "access.address"
    package static let accessName = "access.name"
    package static let accessResult = "access.result"
    package static let accessTokens = "access.tokens"

    package static let alertKind = "alert.kind"
    package static let alertMessage = "alert.message"

    package static let exchange = "amqp.exchange"
    package static let queue = "amqp.queue"
    package static let routingKey = "amqp.routing_key"
    package static let messageCount = "amqp.messages"

    package static let breakerState = "breaker.state"

    package static let bulkAction = "bulk.id"
    package static let bulkKind = "bulk.action"
    package static let bulkState = "bulk.state"

    package static let fault = "chaos.fault"

    package static let clientID = "client.id"

    package static let clockOffset = "clock.offset"

    package static let countersMemory = "counters.memory"
    package static let countersStore = "counters.store"

    package static let broker = "grid.broker"
    package static let prefix = "grid.prefix"
    package static let queueKind = "grid.queue_kind"
    package static let folder = "grid.folder"

    package static let httpServer = "http.server"
    package static let httpHost = "http.host"
    package static let httpPort = "http.port"
    package static let httpPath = "http.path"

    package static let leaseHolder = "lease.holder"
    package static let leaseFormer = "lease.former"
    package static let leaseSilence = "lease.silence"
    package static let leaseWait = "lease.wait"

    package static let pauseEnd = "pause.end"

    package static let process = "process.name"
    package static let processEnding = "process.ending"
    package static let processEvent = "process.event"
    package static let processTime = "process.time"
    package static let processAttempt = "process.attempt"
    package static let signal = "process.signal"
    package static let readyFile = "process.ready_file"
    package static let livenessFile = "process.liveness_file"

    package static let registryInterval = "registry.interval_ms"
    package static let registryLate = "registry.late"
    package static let registryRefused = "registry.refused"
    package static let registryKind = "registry.kind"

    package static let retryNumber = AMQPLogKey.retryNumber

    package static let query = "rpc.query"

    package static let storeEpoch = "store.epoch"
    package static let storeFormerTimeline = "store.former_timeline"
    package static let storeID = "store.id"
    package static let storePath = "store.path"
    package static let storeSchema = "store.schema"
    package static let storeStep = "store.step"
    package static let storeTimeline = "store.timeline"

    package static let submissionKey = "submission.key"

    package static let taskID = "task.id"
    package static let taskIDs = "task.ids"
    package static let taskType = "task.type"
    package static let taskTypes = "task.types"
    package static let taskAttempt = "task.attempt"
    package static let taskCount = "task.count"
    package static let tasksWaiting = "task.waiting"
    package static let tasksHandedOut = "task.handed_out"

    package static let workerID = "worker.id"
    package static let workerConcurrency = "worker.concurrency"
    package static let workerPrefetch = "worker.prefetch"
    package static let workerMaximum = "worker.maximum"
    package static let workerRequest = "worker.request"
    package static let workerLeftReason = "worker.left_reason"
    package static let workerUser = "worker.user"
}
