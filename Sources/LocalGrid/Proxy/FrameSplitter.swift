/// Splits a stream into AMQP's frames: type, channel, size, payload, end octet (AMQP 0-9-1, 4.2.3).
///
/// Bytes that are no frame (the protocol header, TLS) go through as plain bytes.
struct FrameSplitter {
    enum Piece: Hashable {
        case frame([UInt8])
        case other([UInt8])

        var bytes: [UInt8] {
            switch self {
            case .frame(let bytes), .other(let bytes): bytes
            }
        }
    }

    /// RabbitMQ's frames have 128 KiB at most by default. A larger one is taken for no frame.
    static let longest = 1 << 20
    private static let overhead = 8
    /// Method, header, body and heartbeat.
    private static let types: Set<UInt8> = [1, 2, 3, 8]

    private var buffer: [UInt8] = []
    private var start = 0
    /// Frames have been lost sight of.
    private(set) var isOpaque = false

    mutating func append(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeSubrange(..<start)
            start = 0
        }
        buffer += bytes
    }

    /// The next frame; nil where it has not come whole.
    mutating func next() -> Piece? {
        let rest = buffer[start...]
        guard let first = rest.first else { return nil }
        if isOpaque { return .other(take(rest.count)) }
        if first == UInt8(ascii: "A") { return rest.count < Self.overhead ? nil : .other(take(Self.overhead)) }
        guard Self.types.contains(first) else {
            isOpaque = true
            return .other(take(rest.count))
        }
        guard rest.count >= Self.overhead else { return nil }
        let size = rest[(start + 3)..<(start + 7)].reduce(0) { $0 << 8 | Int($1) } + Self.overhead
        guard size <= Self.longest, rest.count < size || rest[start + size - 1] == 0xCE else {
            isOpaque = true
            return .other(take(rest.count))
        }
        return rest.count < size ? nil : .frame(take(size))
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        defer { start += count }
        return Array(buffer[start..<(start + count)])
    }
}
