public import Foundation

/// A Swift type that one of PostgreSQL's types is written from and read into, in its binary form (the server's `…send` and `…recv`
/// functions).
@usableFromInline
package protocol PostgresValue: PostgresParameter {
    static var postgresType: PostgresType { get }
    static var postgresArrayType: PostgresType { get }
    /// Other types that have the same form, and are read as this one too.
    static var alsoReadFrom: Set<PostgresType> { get }

    /// How many bytes the binary form has.
    var encodedSize: Int { get }
    /// Appends the binary form.
    func encode(to bytes: inout [UInt8])
    /// Reads the binary form; nil where the bytes are none.
    init?(postgresBytes: UnsafeRawBufferPointer)
}

extension PostgresValue {
    @inlinable package static var alsoReadFrom: Set<PostgresType> { [] }

    static func isRead(from type: PostgresType) -> Bool { type == postgresType || alsoReadFrom.contains(type) }
}

extension FixedWidthInteger {
    /// Appends the bytes in network order.
    @inlinable
    package func encodeBigEndian(to bytes: inout [UInt8]) {
        withUnsafeBytes(of: bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Reads bytes in network order; nil where there are more or fewer.
    @inlinable
    package init?(bigEndianBytes bytes: UnsafeRawBufferPointer) {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        self.init(bigEndian: bytes.loadUnaligned(as: Self.self))
    }
}

extension PostgresValue where Self: FixedWidthInteger {
    @inlinable package var encodedSize: Int { MemoryLayout<Self>.size }
    @inlinable package func encode(to bytes: inout [UInt8]) { encodeBigEndian(to: &bytes) }
    @inlinable package init?(postgresBytes bytes: UnsafeRawBufferPointer) { self.init(bigEndianBytes: bytes) }
}

extension Int16: PostgresValue {
    @inlinable package static var postgresType: PostgresType { .int2 }
    @inlinable package static var postgresArrayType: PostgresType { .int2Array }
}

extension Int32: PostgresValue {
    @inlinable package static var postgresType: PostgresType { .int4 }
    @inlinable package static var postgresArrayType: PostgresType { .int4Array }
}

extension Int64: PostgresValue {
    @inlinable package static var postgresType: PostgresType { .int8 }
    @inlinable package static var postgresArrayType: PostgresType { .int8Array }
}

extension Bool: PostgresValue {
    @inlinable package static var postgresType: PostgresType { .bool }
    @inlinable package static var postgresArrayType: PostgresType { .boolArray }
    @inlinable package var encodedSize: Int { 1 }
    @inlinable package func encode(to bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }

    @inlinable
    package init?(postgresBytes bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 1, bytes[0] <= 1 else { return nil }
        self = bytes[0] == 1
    }
}

extension Double: PostgresValue {
    @inlinable package static var postgresType: PostgresType { .float8 }
    @inlinable package static var postgresArrayType: PostgresType { .float8Array }
    @inlinable package var encodedSize: Int { 8 }
    @inlinable package func encode(to bytes: inout [UInt8]) { bitPattern.encodeBigEndian(to: &bytes) }

    @inlinable
    package init?(postgresBytes bytes: UnsafeRawBufferPointer) {
        guard let pattern = UInt64(bigEndianBytes: bytes) else { return nil }
        self.init(bitPattern: pattern)
    }
}

/// The session's encoding is always UTF-8.
extension String: PostgresValue {
    @inlinable package static var postgresType: PostgresType { .text }
    @inlinable package static var postgresArrayType: PostgresType { .textArray }
    @inlinable package static var alsoReadFrom: Set<PostgresType> { [.varchar, .name] }
    @inlinable package var encodedSize: Int { utf8.count }
    @inlinable package func encode(to bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
    @inlinable package init?(postgresBytes bytes: UnsafeRawBufferPointer) { self.init(validating: bytes, as: UTF8.self) }
}

extension Data: PostgresValue {
    @usableFromInline package static var postgresType: PostgresType { .bytea }
    @usableFromInline package static var postgresArrayType: PostgresType { .byteaArray }
    @usableFromInline package var encodedSize: Int { count }
    @usableFromInline package func encode(to bytes: inout [UInt8]) { withUnsafeBytes { bytes.append(contentsOf: $0) } }

    @usableFromInline
    package init?(postgresBytes bytes: UnsafeRawBufferPointer) {
        self = bytes.baseAddress.map { Data(bytes: $0, count: bytes.count) } ?? Data()
    }
}
