import AMQP
import TaskGridConfiguration
import TaskGridCore

/// The grid that is checked, and as whom.
struct CheckedGrid: Hashable, Sendable {
    let endpoint: Endpoint
    let topology: Topology
    /// The part of the grid whose user the broker's URL names.
    var role = GridRole.all
    /// The types whose work queues it uses; empty: those that have one.
    var types: [TaskType] = []

    /// `-p` of rabbitmqctl.
    var virtualHostOption: String { "-p \(ShellWord(endpoint.virtualHost))" }
}
