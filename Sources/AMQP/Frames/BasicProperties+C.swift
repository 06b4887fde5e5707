import CRabbitMQ

extension BasicProperties {
    /// Copies properties out of the library's memory (AMQP 0-9-1, class `basic`; flags count from the highest bit).
    init(_ properties: amqp_basic_properties_t) {
        let flags = properties._flags
        func has(_ bit: Int) -> Bool { flags & (1 << UInt32(bit)) != 0 }
        self.init(
            contentType: has(15) ? String(short: properties.content_type) : nil,
            headers: has(13) ? FieldTable(properties.headers) : [:],
            isPersistent: has(12) && properties.delivery_mode == 2,
            priority: has(11) ? properties.priority : nil,
            correlationID: has(10) ? String(short: properties.correlation_id) : nil,
            replyTo: has(9) ? String(short: properties.reply_to) : nil,
            expiration: has(8) ? Int64(String(short: properties.expiration)).map { .milliseconds($0) } : nil,
            messageID: has(7) ? String(short: properties.message_id) : nil,
            timestamp: has(6) ? properties.timestamp : nil,
            type: has(5) ? String(short: properties.type) : nil,
            userID: has(4) ? String(short: properties.user_id) : nil,
            appID: has(3) ? String(short: properties.app_id) : nil
        )
    }
}
