import AMQP
import TaskGridCore

/// What the grid uses a queue for.
enum QueueUse: Hashable {
    case submissions, results, work, queries, deadLetters
    /// One program's own: what it hears.
    case listening
    /// One client's own: its answers.
    case replies

    /// nil: it is none of the grid's, or holds no messages.
    init?(_ name: String, _ topology: Topology) {
        switch name {
        case topology.submitQueue.name: self = .submissions
        case topology.resultsQueue.name: self = .results
        case topology.deadQueue.name: self = .deadLetters
        case topology.rpcQueue(.dispatcher).name, topology.rpcQueue(.nameservice).name: self = .queries
        case _ where name.hasPrefix(topology.workPrefix): self = .work
        case _ where name.hasPrefix(topology.replyQueue(client: "").name): self = .replies
        case _ where Self.listeners.contains { name.hasPrefix(topology.listenerQueue($0, "").name) }: self = .listening
        default: return nil
        }
    }

    private static let listeners = ["registry", "control", "heartbeats", "monitor"]

    /// Whether its messages are tasks, on their way to or from a worker.
    var carriesTasks: Bool { [.submissions, .results, .work].contains(self) }

    /// Whether it outlives the programs that use it.
    var isShared: Bool { carriesTasks || [.queries, .deadLetters].contains(self) }
}

extension Topology {
    /// What the names of all work queues begin with.
    fileprivate var workPrefix: String { String(workQueue(TaskType(literal: "x")).name.dropLast()) }

    /// The type of a work queue; nil where it is none.
    func type(ofWorkQueue name: String) -> TaskType? {
        name.hasPrefix(workPrefix) ? try? TaskType(String(name.dropFirst(workPrefix.count))) : nil
    }

    /// How a shared queue is declared; nil where it is none of the grid's.
    func declared(_ name: String) -> Queue? {
        if let type = type(ofWorkQueue: name) { return workQueue(type) }
        return (dispatcher + nameservice).queues.first { $0.name == name && $0.isDurable }
    }
}
