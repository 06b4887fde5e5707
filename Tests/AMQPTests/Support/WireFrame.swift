import LocalGrid

/// A frame as its bytes stand on the wire (AMQP 0-9-1, section 4.2.3), written and read without the code under test.
struct WireFrame: Equatable, Sendable {
    var type: UInt8
    var channel: UInt16 = 0
    var payload: [UInt8] = []

    static let heartbeat = WireFrame(type: 8)

    static func method(_ channel: UInt16, _ id: MethodID, _ arguments: [UInt8] = []) -> WireFrame {
        WireFrame(type: 1, channel: channel, payload: big(id.classNumber) + big(id.number) + arguments)
    }

    static func header(_ channel: UInt16, bodySize: UInt64, flags: UInt16 = 0, properties: [UInt8] = []) -> WireFrame {
        WireFrame(type: 2, channel: channel, payload: big(UInt16(60)) + [0, 0] + big(bodySize) + big(flags) + properties)
    }

    static func body(_ channel: UInt16, _ bytes: [UInt8]) -> WireFrame {
        WireFrame(type: 3, channel: channel, payload: bytes)
    }

    var bytes: [UInt8] {
        [type] + Self.big(channel) + Self.big(UInt32(payload.count)) + payload + [0xCE]
    }

    /// Takes the first whole frame off the bytes; nil where it has not come yet.
    static func take(from bytes: inout [UInt8]) -> WireFrame? {
        guard bytes.count >= 8 else { return nil }
        let size = bytes[3..<7].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= size + 8 else { return nil }
        defer { bytes.removeFirst(size + 8) }
        return WireFrame(type: bytes[0], channel: UInt16(bytes[1]) << 8 | UInt16(bytes[2]), payload: Array(bytes[7..<7 + size]))
    }

    static func big(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    static func short(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }
}

/// A class and a method of the protocol.
typealias MethodID = Proxy.Method
