/// Writes the elements of one array parameter (the form of the server's `array_recv`).
@usableFromInline
package struct PostgresArrayEncoder<Value: PostgresValue> {
    @inlinable static var headerSize: Int { 20 }

    @usableFromInline var bytes: [UInt8]
    @usableFromInline let start: Int
    @usableFromInline var count: Int32 = 0
    @usableFromInline var hasNull = false

    @inlinable
    init(appendingTo bytes: consuming [UInt8]) {
        start = bytes.count
        // Dimensions, whether there are NULLs, the elements' type, the number of elements, and the index of the first.
        for field in [1, 0, Int32(bitPattern: Value.postgresType.oid), 0, 1] as [Int32] { field.encodeBigEndian(to: &bytes) }
        self.bytes = bytes
    }

    @inlinable
    package mutating func append(_ value: Value) {
        // One of 2 GB is beyond every bound of a request.
        Int32(truncatingIfNeeded: value.encodedSize).encodeBigEndian(to: &bytes)
        value.encode(to: &bytes)
        count += 1
    }

    /// Appends an element, or NULL.
    @inlinable
    package mutating func append(_ value: Value?) {
        if let value { return append(value) }
        Int32(-1).encodeBigEndian(to: &bytes)
        hasNull = true
        count += 1
    }

    @inlinable
    consuming func end() -> [UInt8] {
        if count == 0 {
            // PostgreSQL's empty arrays have no dimension.
            set(0, at: start)
            bytes.removeLast(8)
        } else {
            set(hasNull ? 1 : 0, at: start + 4)
            set(count, at: start + 12)
        }
        return bytes
    }

    @inlinable
    mutating func set(_ value: Int32, at index: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: index, as: Int32.self) }
    }
}
