import CRabbitMQ
import Foundation

extension BrokerFrame {
    /// Copies a frame out of the library's memory, except the bytes of a body.
    init(_ frame: amqp_frame_t) {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            self.init(frame.payload.method)
        case AMQP_FRAME_HEADER:
            let header = frame.payload.properties
            guard let decoded = header.decoded, header.class_id == 60 else {
                self = .other(UInt32(header.class_id))
                return
            }
            self = .header(bodySize: header.body_size, properties: BasicProperties(decoded.load(as: amqp_basic_properties_t.self)))
        case AMQP_FRAME_BODY:
            self = .body(UnsafeRawBufferPointer(frame.payload.body_fragment))
        default:
            self = .other(UInt32(frame.frame_type))
        }
    }

    private init(_ method: amqp_method_t) {
        func decoded<Method>(_ type: Method.Type) -> Method { method.decoded.load(as: type) }
        switch method.id {
        case TASKGRID_BASIC_DELIVER:
            let deliver = decoded(amqp_basic_deliver_t.self)
            self = .deliver(
                consumerTag: String(deliver.consumer_tag), tag: deliver.delivery_tag, isRedelivered: deliver.redelivered != 0,
                exchange: String(short: deliver.exchange), routingKey: String(short: deliver.routing_key)
            )
        case TASKGRID_BASIC_RETURN:
            let returned = decoded(amqp_basic_return_t.self)
            self = .returned(
                code: Int(returned.reply_code), text: String(returned.reply_text), exchange: String(short: returned.exchange),
                routingKey: String(short: returned.routing_key)
            )
        case TASKGRID_BASIC_ACK:
            let ack = decoded(amqp_basic_ack_t.self)
            self = .ack(tag: ack.delivery_tag, multiple: ack.multiple != 0)
        case TASKGRID_BASIC_NACK:
            let nack = decoded(amqp_basic_nack_t.self)
            self = .nack(tag: nack.delivery_tag, multiple: nack.multiple != 0)
        case TASKGRID_BASIC_CONSUME_OK:
            self = .consumeOK(consumerTag: String(decoded(amqp_basic_consume_ok_t.self).consumer_tag))
        case TASKGRID_BASIC_CANCEL:
            self = .cancelled(consumerTag: String(decoded(amqp_basic_cancel_t.self).consumer_tag))
        case TASKGRID_BASIC_CANCEL_OK:
            self = .cancelOK(consumerTag: String(decoded(amqp_basic_cancel_ok_t.self).consumer_tag))
        case TASKGRID_CHANNEL_CLOSE:
            let close = decoded(amqp_channel_close_t.self)
            self = .channelClosed(code: Int(close.reply_code), text: String(close.reply_text))
        case TASKGRID_CHANNEL_CLOSE_OK:
            self = .channelCloseOK
        case TASKGRID_CONNECTION_CLOSE:
            let close = decoded(amqp_connection_close_t.self)
            self = .connectionClosed(code: Int(close.reply_code), text: String(close.reply_text))
        case TASKGRID_CONNECTION_BLOCKED:
            self = .blocked(reason: String(decoded(amqp_connection_blocked_t.self).reason))
        case TASKGRID_CONNECTION_UNBLOCKED:
            self = .unblocked
        default:
            self = .other(method.id)
        }
    }
}
