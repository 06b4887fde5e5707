extension Proxy {
    /// A frame that a ``Proxy`` carries.
    package struct Frame: Sendable {
        /// The number of its connection.
        package let link: Int
        package let direction: Direction
        /// All of it, from the type to the end octet.
        package let bytes: [UInt8]

        /// 1: a method, 2: a content header, 3: a body, 8: a heartbeat.
        package var type: UInt8 { bytes[0] }
        package var channel: UInt16 { UInt16(bytes[1]) << 8 | UInt16(bytes[2]) }

        /// The class and method, if it is a method frame.
        package var method: Method? {
            guard type == 1, bytes.count >= 12 else { return nil }
            return Method(UInt16(bytes[7]) << 8 | UInt16(bytes[8]), UInt16(bytes[9]) << 8 | UInt16(bytes[10]))
        }
    }

    /// A class and a method of AMQP 0-9-1, by their numbers.
    package struct Method: Hashable, Sendable {
        package let classNumber: UInt16
        package let number: UInt16

        package init(_ classNumber: UInt16, _ number: UInt16) {
            self.classNumber = classNumber
            self.number = number
        }

        package static let connectionClose = Method(10, 50)
        package static let connectionCloseOK = Method(10, 51)
        package static let connectionBlocked = Method(10, 60)
        package static let connectionUnblocked = Method(10, 61)
        package static let channelClose = Method(20, 40)
        package static let queueDeclare = Method(50, 10)
        package static let queueBind = Method(50, 20)
        package static let basicConsumeOK = Method(60, 21)
        package static let basicCancel = Method(60, 30)
        package static let basicCancelOK = Method(60, 31)
        package static let basicPublish = Method(60, 40)
        package static let basicReturn = Method(60, 50)
        package static let basicDeliver = Method(60, 60)
        package static let basicAck = Method(60, 80)
        package static let basicNack = Method(60, 120)
    }
}
