extension Proxy {
    /// A frame that a ``Proxy`` carries.
    public struct Frame: Sendable {
        /// The number of its connection.
        public let link: Int
        public let direction: Direction
        /// All of it, from the type to the end octet.
        public let bytes: [UInt8]

        /// 1: a method, 2: a content header, 3: a body, 8: a heartbeat.
        public var type: UInt8 { bytes[0] }
        public var channel: UInt16 { UInt16(bytes[1]) << 8 | UInt16(bytes[2]) }

        /// What it asks for, where it is a method.
        public var method: Method? {
            guard type == 1, bytes.count >= 12 else { return nil }
            return Method(UInt16(bytes[7]) << 8 | UInt16(bytes[8]), UInt16(bytes[9]) << 8 | UInt16(bytes[10]))
        }
    }

    /// A class and a method of AMQP 0-9-1, by their numbers.
    public struct Method: Hashable, Sendable {
        public let classNumber: UInt16
        public let number: UInt16

        public init(_ classNumber: UInt16, _ number: UInt16) {
            self.classNumber = classNumber
            self.number = number
        }

        public static let connectionClose = Method(10, 50)
        public static let connectionCloseOK = Method(10, 51)
        public static let connectionBlocked = Method(10, 60)
        public static let connectionUnblocked = Method(10, 61)
        public static let channelClose = Method(20, 40)
        public static let queueDeclare = Method(50, 10)
        public static let basicConsumeOK = Method(60, 21)
        public static let basicCancel = Method(60, 30)
        public static let basicCancelOK = Method(60, 31)
        public static let basicPublish = Method(60, 40)
        public static let basicReturn = Method(60, 50)
        public static let basicDeliver = Method(60, 60)
        public static let basicAck = Method(60, 80)
        public static let basicNack = Method(60, 120)
    }
}
