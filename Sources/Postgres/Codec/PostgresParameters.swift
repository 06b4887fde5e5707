/// The parameters of one statement, in PostgreSQL's binary form: all in one buffer that grows.
@usableFromInline
package struct PostgresParameters: Hashable, Sendable {
    /// One parameter, in the buffer.
    @usableFromInline
    struct Field: Hashable, Sendable {
        @usableFromInline let type: PostgresType
        @usableFromInline let start: Int
        /// Below 0: NULL.
        @usableFromInline let count: Int

        @inlinable
        init(type: PostgresType, start: Int, count: Int) {
            self.type = type
            self.start = start
            self.count = count
        }
    }

    @usableFromInline var bytes: [UInt8] = []
    @usableFromInline var fields: [Field] = []

    package init() {}

    package init<each Parameter: PostgresParameter>(_ parameters: repeat each Parameter) {
        repeat (each parameters).append(to: &self)
    }

    /// How many there are.
    package var count: Int { fields.count }
    /// How many bytes they have.
    package var byteCount: Int { bytes.count }

    /// Makes room for so many bytes more.
    @usableFromInline
    package mutating func reserve(_ byteCount: Int) {
        // Not less than the double, or a caller that reserves step by step would copy everything each time.
        if bytes.capacity - bytes.count < byteCount { bytes.reserveCapacity(max(bytes.count + byteCount, bytes.capacity * 2)) }
    }

    @inlinable
    package mutating func append<Value: PostgresValue>(_ value: Value) {
        let start = bytes.count
        value.encode(to: &bytes)
        fields.append(Field(type: Value.postgresType, start: start, count: bytes.count - start))
    }

    /// Appends a value, or NULL.
    @inlinable
    package mutating func append<Value: PostgresValue>(_ value: Value?) {
        if let value { append(value) } else { fields.append(Field(type: Value.postgresType, start: bytes.count, count: -1)) }
    }

    /// Appends an array, as of `tasks.lazy.map(\.id)`.
    @inlinable
    package mutating func append<Elements: Sequence>(array elements: Elements) where Elements.Element: PostgresElement {
        append(arrayOf: Elements.Element.Value.self, reserving: elements.underestimatedCount) { array in
            for element in elements { array.append(element.postgresElement) }
        }
    }

    /// Appends an array whose elements are written one after another, with no array of Swift's in between.
    ///
    /// - Parameters:
    ///   - type: the type of the elements.
    ///   - count: how many there will be, more or less.
    ///   - write: appends the elements.
    @inlinable
    package mutating func append<Value: PostgresValue>(
        arrayOf type: Value.Type, reserving count: Int = 0, _ write: (inout PostgresArrayEncoder<Value>) -> Void
    ) {
        let start = bytes.count
        reserve(PostgresArrayEncoder<Value>.headerSize + count * (4 + MemoryLayout<Value>.size))
        // Taken out, so that there is one owner of the buffer and nothing is copied.
        var encoder = PostgresArrayEncoder<Value>(appendingTo: bytes.take())
        write(&encoder)
        bytes = encoder.end()
        fields.append(Field(type: Value.postgresArrayType, start: start, count: bytes.count - start))
    }
}
