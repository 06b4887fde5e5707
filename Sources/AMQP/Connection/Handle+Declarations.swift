import CRabbitMQ

/// Set-up calls that declare, look at and delete exchanges, queues and bindings.
extension Handle {
    func declare(_ declarations: Declarations, _ channel: UInt16) throws(AMQPError) {
        for exchange in declarations.exchanges { try declare(.exchange(exchange), channel) }
        for queue in declarations.queues { try declare(.queue(queue), channel) }
        for binding in declarations.bindings { try bind(binding, channel) }
    }

    func declare(_ declaration: Declaration, _ channel: UInt16) throws(AMQPError) {
        switch declaration {
        case .exchange(let exchange):
            exchange.name.withAMQPBytes { name in
                exchange.kind.rawValue.withAMQPBytes { kind in
                    _ = amqp_exchange_declare(state, channel, name, kind, 0, 1, 0, 0, amqp_empty_table)
                }
            }
        case .queue(let queue):
            let arguments = CTable(queue.arguments)
            withExtendedLifetime(arguments) {
                queue.name.withAMQPBytes {
                    _ = amqp_queue_declare(state, channel, $0, 0, queue.isDurable ? 1 : 0, queue.isExclusive ? 1 : 0, 0, arguments.table)
                }
            }
        }
        try check("declaring \(declaration.name)", channel)
    }

    /// Looks whether an exchange or a queue is there, whatever its settings: RabbitMQ asks for no permission for that.
    ///
    /// - Throws: `notFound` where it is not.
    func look(at declaration: Declaration, _ channel: UInt16) throws(AMQPError) {
        switch declaration {
        case .exchange(let exchange):
            exchange.name.withAMQPBytes { name in
                exchange.kind.rawValue.withAMQPBytes { kind in
                    _ = amqp_exchange_declare(state, channel, name, kind, 1, 0, 0, 0, amqp_empty_table)
                }
            }
            try check("looking at \(declaration.name)", channel)
        case .queue(let queue):
            _ = try depth(of: queue.name, channel)
        }
    }

    func bind(_ binding: Binding, _ channel: UInt16) throws(AMQPError) {
        binding.queue.withAMQPBytes { queue in
            binding.exchange.withAMQPBytes { exchange in
                binding.key.withAMQPBytes { key in
                    _ = amqp_queue_bind(state, channel, queue, exchange, key, amqp_empty_table)
                }
            }
        }
        try check("binding queue \(binding.queue) to \(binding.exchange)", channel)
    }

    func unbind(_ binding: Binding, _ channel: UInt16) throws(AMQPError) {
        binding.queue.withAMQPBytes { queue in
            binding.exchange.withAMQPBytes { exchange in
                binding.key.withAMQPBytes { key in
                    _ = amqp_queue_unbind(state, channel, queue, exchange, key, amqp_empty_table)
                }
            }
        }
        try check("unbinding queue \(binding.queue) from \(binding.exchange)", channel)
    }

    func depth(of queue: String, _ channel: UInt16) throws(AMQPError) -> QueueDepth {
        let answer = queue.withAMQPBytes { amqp_queue_declare(state, channel, $0, 1, 0, 0, 0, amqp_empty_table)?.pointee }
        try check("looking at queue \(queue)", channel)
        return QueueDepth(messages: Int(answer?.message_count ?? 0), consumers: Int(answer?.consumer_count ?? 0))
    }

    func purge(_ queue: String, _ channel: UInt16) throws(AMQPError) -> Int {
        let answer = queue.withAMQPBytes { amqp_queue_purge(state, channel, $0)?.pointee }
        try check("purging queue \(queue)", channel)
        return Int(answer?.message_count ?? 0)
    }

    /// Deletes a queue. One that does not exist counts as deleted.
    func delete(_ queue: String, _ channel: UInt16) throws(AMQPError) {
        queue.withAMQPBytes { _ = amqp_queue_delete(state, channel, $0, 0, 0) }
        try check("deleting queue \(queue)", channel)
    }

    /// Deletes an exchange. One that does not exist counts as deleted.
    ///
    /// - Throws: with `ifUnused`, `preconditionFailed` where a queue is bound to it.
    func delete(exchange name: String, ifUnused: Bool = false, _ channel: UInt16) throws(AMQPError) {
        name.withAMQPBytes { _ = amqp_exchange_delete(state, channel, $0, ifUnused ? 1 : 0) }
        try check("deleting exchange \(name)", channel)
    }
}
