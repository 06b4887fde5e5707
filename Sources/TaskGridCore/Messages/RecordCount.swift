import Foundation

extension Data {
    /// How many records and how many settings a serialised batch holds, found by walking its outermost fields without building
    /// anything; nil where these are no protobuf. It stops at the first above `limit`. The fields of other numbers are passed over:
    /// a later version may have some.
    func countRecords(upTo limit: Int) -> (records: Int, settings: Int)? {
        withUnsafeBytes { bytes in
            var reader = FieldReader(bytes: bytes)
            var (records, settings) = (0, 0)
            while !reader.isAtEnd, records <= limit, settings <= limit {
                guard let tag = reader.varint(), reader.skip(wireType: tag & 7) else { return nil }
                if tag == 1 << 3 | 2 { records += 1 }
                if tag == 2 << 3 | 2 { settings += 1 }
            }
            return (records, settings)
        }
    }
}

/// Walks the fields of a protobuf message (Protocol Buffers, "Encoding").
private struct FieldReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// Groups (wire types 3 and 4) are not part of proto3.
    mutating func skip(wireType: UInt64) -> Bool {
        switch wireType {
        case 0: varint() != nil
        case 1: skip(8)
        case 2: varint().map { skip($0) } ?? false
        case 5: skip(4)
        default: false
        }
    }

    private mutating func skip(_ length: UInt64) -> Bool {
        guard length <= UInt64(bytes.count - position) else { return false }
        position += Int(length)
        return true
    }
}
