/// An exchange or a queue to declare.
enum Declaration {
    case exchange(Exchange)
    case queue(Queue)

    /// What it is and its name, as people read it.
    var name: String {
        switch self {
        case .exchange(let exchange): "exchange \(exchange.name)"
        case .queue(let queue): "queue \(queue.name)"
        }
    }

    /// A queue of one connection alone.
    var isExclusive: Bool {
        switch self {
        case .exchange: false
        case .queue(let queue): queue.isExclusive
        }
    }

    /// Whether a connection of this ownership owns it. An exclusive queue is always its connection's own.
    func isOwned(under ownership: Ownership) -> Bool {
        switch self {
        case .exchange: ownership.ownsExchanges
        case .queue: isExclusive || ownership.ownsQueues
        }
    }
}
