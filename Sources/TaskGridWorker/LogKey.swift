/// The keys of this module's log metadata.
enum LogKey {
    static let attempt = "task.attempt"
    static let count = "task.count"
    static let error = "error"
    static let concurrency = "worker.concurrency"
    static let prefetch = "worker.prefetch"
    static let queue = "amqp.queue"
    static let reason = "reason"
    static let request = "control.request"
    static let retry = "publish.retry"
    static let task = "task.id"
    static let tasks = "task.ids"
    static let type = "task.type"
    static let types = "task.types"
    static let worker = "worker.id"
}
