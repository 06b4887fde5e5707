/// One node of a private broker: its number, and where it listens.
package struct BrokerNode: Hashable, Sendable {
    /// The Erlang node of a broker that is one node.
    static let nameAlone = "taskgrid@localhost"

    /// From 1.
    package let number: Int
    /// How many nodes the broker has.
    let count: Int
    let amqp: Int
    let management: Int
    let distribution: Int

    /// - Parameters:
    ///   - number: which of the nodes, from 1.
    ///   - count: how many nodes the broker has.
    ///   - ports: the ports of the grid, among them the node's.
    /// - Throws: `LocalGridError` where its ports were not chosen.
    init(_ number: Int, of count: Int, ports: Ports) throws(LocalGridError) {
        guard let amqp = ports[.amqp(node: number)], let management = ports[.management(node: number)],
            let distribution = ports[.distribution(node: number)]
        else { throw LocalGridError(.port, "no ports were chosen for node \(number) of the private broker") }
        self.number = number
        self.count = count
        self.amqp = amqp
        self.management = management
        self.distribution = distribution
    }

    /// The ports that it needs.
    static func uses(_ number: Int) -> [Ports.Use] {
        [.amqp(node: number), .management(node: number), .distribution(node: number)]
    }

    /// The name of its process, its log and its folder: `broker`, or `broker-1` and so on.
    static func process(_ number: Int, of count: Int) -> String { count == 1 ? "broker" : "broker-\(number)" }

    /// The Erlang node, which also names its data: another number of nodes is another broker.
    static func name(_ number: Int, of count: Int) -> String { count == 1 ? nameAlone : "taskgrid-\(number)@localhost" }

    var process: String { Self.process(number, of: count) }
    var name: String { Self.name(number, of: count) }
}
