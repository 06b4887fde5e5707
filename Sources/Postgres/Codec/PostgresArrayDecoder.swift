/// Reads an array of one dimension (the form of the server's `array_send`). It believes no count and no length.
enum PostgresArrayDecoder {
    /// The elements of an array; nil where the bytes are no such array of this type.
    static func decode<Value: PostgresValue>(_ bytes: UnsafeRawBufferPointer, of type: Value.Type) -> [Value?]? {
        var reader = Reader(bytes: bytes)
        guard let dimensions = reader.int32(), let flags = reader.int32(), flags == 0 || flags == 1, let oid = reader.int32(),
            Value.isRead(from: PostgresType(oid: UInt32(bitPattern: oid)))
        else { return nil }
        if dimensions == 0 { return reader.isAtEnd ? [] : nil }
        // Each element has four bytes at least: no count is believed that does not fit.
        guard dimensions == 1, let count = reader.int32(), count >= 0, reader.int32() != nil, Int(count) <= reader.left / 4 else {
            return nil
        }
        var values: [Value?] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = reader.int32() else { return nil }
            if length == -1 {
                values.append(nil)
            } else {
                guard let bytes = reader.bytes(length), let value = Value(postgresBytes: bytes) else { return nil }
                values.append(value)
            }
        }
        return reader.isAtEnd ? values : nil
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var index = 0

        var left: Int { bytes.count - index }
        var isAtEnd: Bool { left == 0 }

        mutating func int32() -> Int32? { bytes(4).flatMap { Int32(bigEndianBytes: $0) } }

        mutating func bytes(_ count: Int32) -> UnsafeRawBufferPointer? {
            guard count >= 0, Int(count) <= left else { return nil }
            defer { index += Int(count) }
            return UnsafeRawBufferPointer(rebasing: bytes[index..<index + Int(count)])
        }
    }
}
