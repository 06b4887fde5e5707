import CRabbitMQ

/// Moving messages out of a queue that is replaced.
extension Handle {
    /// Opens a channel for transactions, as a move of messages needs one (AMQP 0-9-1, class `tx`).
    func openTransactions(_ channel: UInt16) throws(AMQPError) {
        try openChannel(channel)
        amqp_tx_select(state, channel)
        try check("beginning a transaction", channel)
    }

    /// Moves messages from a queue to an exchange, some in one transaction. Those of other users name their user in the header
    /// ``BasicProperties/formerUser``.
    ///
    /// The channel stays open until the queue is deleted: a quorum queue may still wait for acknowledgements of a transaction that was
    /// answered with `tx.commit-ok`, and would return their messages at the end of the channel.
    ///
    /// - Returns: how many; 0 where the queue is empty.
    func move(from queue: String, to exchange: String, as user: String, _ channel: UInt16) throws(AMQPError) -> Int {
        var moved = 0
        while moved < 100 {
            let reply = queue.withAMQPBytes { amqp_basic_get(state, channel, $0, 0) }
            if let error = Self.error(reply, "getting from queue \(queue)") { throw error }
            guard reply.reply.id == TASKGRID_BASIC_GET_OK else { break }
            let got = reply.reply.decoded.load(as: amqp_basic_get_ok_t.self)
            let (tag, key) = (got.delivery_tag, String(short: got.routing_key))
            var message = amqp_message_t()
            let read = amqp_read_message(state, channel, &message, 0)
            if let error = Self.error(read, "reading from queue \(queue)") { throw error }
            let status = exchange.withAMQPBytes { exchange in
                key.withAMQPBytes { key in
                    user.withAMQPBytes { user in
                        withProperties(message.properties, movedBy: user) {
                            amqp_basic_publish(state, channel, exchange, key, 0, 0, $0, message.body)
                        }
                    }
                }
            }
            amqp_destroy_message(&message)
            guard status == AMQP_STATUS_OK.rawValue, amqp_basic_ack(state, channel, tag, 0) == AMQP_STATUS_OK.rawValue else {
                throw Self.broken(status)
            }
            moved += 1
            release(channel)
        }
        amqp_tx_commit(state, channel)
        try check("moving messages from queue \(queue)", channel)
        return moved
    }

    /// The properties with which a message is published by `user`: another publisher's name goes to a header, which replaces one that the
    /// publisher has set. A message without a publisher stays so, and that header of it is never believed.
    private func withProperties(
        _ properties: amqp_basic_properties_t, movedBy user: amqp_bytes_t, _ publish: (UnsafePointer<amqp_basic_properties_t>) -> Int32
    ) -> Int32 {
        let former = properties.user_id
        guard properties._flags & amqp_flags_t(AMQP_BASIC_USER_ID_FLAG) != 0,
            !UnsafeRawBufferPointer(former).elementsEqual(UnsafeRawBufferPointer(user))
        else {
            return withUnsafePointer(to: properties, publish)
        }
        return BasicProperties.formerUser.withAMQPBytes { name in
            var header = amqp_table_entry_t()
            header.key = name
            header.value.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            header.value.value.bytes = former
            var entries = [header]
            if properties._flags & amqp_flags_t(AMQP_BASIC_HEADERS_FLAG) != 0 {
                let headers = UnsafeBufferPointer(start: properties.headers.entries, count: Int(properties.headers.num_entries))
                entries += headers.filter { !UnsafeRawBufferPointer($0.key).elementsEqual(BasicProperties.formerUser.utf8) }
            }
            return entries.withUnsafeMutableBufferPointer { entries in
                var moved = properties
                moved.user_id = user
                moved._flags |= amqp_flags_t(AMQP_BASIC_HEADERS_FLAG)
                moved.headers = amqp_table_t(num_entries: Int32(entries.count), entries: entries.baseAddress)
                // Headers that fill a frame leave no room for another: the user counts, without whom the message is refused.
                if !fitFrame(&moved) { moved.headers.num_entries = 1 }
                return withUnsafePointer(to: moved, publish)
            }
        }
    }

    /// Whether properties fit into a frame. The library would find out after it has begun to write the message.
    private func fitFrame(_ properties: inout amqp_basic_properties_t) -> Bool {
        // Around them are the frame's header and end, and the class, weight and size of the content (AMQP 0-9-1, section 4.2.6.1).
        withUnsafeTemporaryAllocation(byteCount: frameSize - 20, alignment: 1) { buffer in
            let room = amqp_bytes_t(len: buffer.count, bytes: buffer.baseAddress)
            return amqp_encode_properties(UInt16(AMQP_BASIC_CLASS), &properties, room) >= 0
        }
    }
}
