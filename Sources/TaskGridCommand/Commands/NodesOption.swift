import AMQP
import ArgumentParser
import LocalGrid
import TaskGridConfiguration
import TaskGridCore

/// The private broker of a command: how many nodes it has, which RabbitMQ they run, and whether it speaks TLS.
struct NodesOption: ParsableArguments {
    /// An even number would survive the loss of no more nodes than the odd one below it.
    static let choices = [1, 3, 5, 7]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The nodes of the private RabbitMQ: \(Self.words). More than one are a cluster, with quorum queues.", valueName: "count"),
        completion: .list(choices.map(String.init)), transform: Self.read
    )
    var nodes = 1
    @Option(key: "rabbitmq", completion: .directory) var rabbitmq: KeyArgument?
    @Flag(name: .customLong("tls"), help: "Speak TLS everywhere, with a CA and certificates of the grid's own.")
    var usesTLS = false

    private static let words = "\(choices.dropLast().map(String.init).joined(separator: ", ")) or \(choices[choices.count - 1])"

    @Sendable private static func read(_ text: String) throws -> Int {
        guard let count = Int(text), choices.contains(count) else { throw ValidationError("'\(text)' is not one of \(words)") }
        return count
    }

    /// The names and the kind of queues of a grid on this broker: quorum queues in a cluster, unless a setting names another kind.
    func topology(_ configuration: Configuration) -> Topology {
        guard nodes > 1, configuration.sources.text("queue-kind") == nil else { return configuration.topology }
        return Topology(prefix: configuration.topology.prefix, queueKind: .quorum)
    }
}
