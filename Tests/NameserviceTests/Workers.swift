import AMQP
import TaskGridCore

@testable import Nameservice

/// Workers and times as the tests need them.
extension RegistryMessage {
    static func sample(_ id: String, types: [String] = ["reverse"], interval: Int = 1000, progress: Int = 0) -> RegistryMessage {
        RegistryMessage(
            worker: id, host: "host", pid: 1, version: "0.1.0", types: types.compactMap { try? TaskType($0) }, concurrency: 1,
            prefetch: 1, batch: false, started: Timestamp(rawValue: 0), interval: interval, progress: progress
        )
    }
}

extension ClockReading {
    static let start = ClockReading(instant: ContinuousClock.now, timestamp: Timestamp(rawValue: 1_700_000_000_000))

    static func after(_ milliseconds: Int) -> ClockReading { start.advanced(by: .milliseconds(milliseconds)) }
}

extension Message {
    /// The message as a broker delivers it, which has verified its user: the one of the worker or client that it names.
    var verified: Message {
        var message = self
        let id = properties.appID ?? properties.replyTo ?? "user"
        message.properties.userID = properties.userID ?? id.split(separator: ".").first.map(String.init)
        return message
    }
}

extension WorkerRegistry {
    /// Handles a message of a worker's own user, with its own key.
    func handle(_ kind: RegistryMessage.Kind, _ worker: RegistryMessage, at moment: ClockReading) -> [Publication] {
        handle(worker.message(kind).verified, key: Topology.registryKey(kind, worker: worker.worker), at: moment)
    }
}
