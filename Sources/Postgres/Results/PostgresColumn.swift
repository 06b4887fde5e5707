/// One column of an answer, whose type has been checked. Its errors are `unexpectedAnswer`.
package struct PostgresColumn<Value: PostgresValue>: Sendable {
    let rows: PostgresRows
    let name: String
    let index: Int

    /// The value of a row, which is not NULL.
    package subscript(row: Int) -> Value {
        get throws(PostgresError) {
            guard let value = try self[ifPresent: row] else { throw rows.unexpected("has NULL in column '\(name)'") }
            return value
        }
    }

    /// The value of a row; nil: NULL.
    package subscript(ifPresent row: Int) -> Value? {
        get throws(PostgresError) {
            guard let bytes = try rows.bytes(row, index) else { return nil }
            guard let value = Value(postgresBytes: bytes) else {
                throw rows.unexpected("has \(bytes.count) bytes in column '\(name)' that are no \(Value.postgresType)")
            }
            return value
        }
    }
}

/// One column of arrays of one dimension, whose type has been checked. Its errors are `unexpectedAnswer`.
package struct PostgresArrayColumn<Value: PostgresValue>: Sendable {
    let rows: PostgresRows
    let name: String
    let index: Int

    /// The array of a row, which is not NULL. Its elements may be.
    package subscript(row: Int) -> [Value?] {
        get throws(PostgresError) {
            guard let bytes = try rows.bytes(row, index) else { throw rows.unexpected("has NULL in column '\(name)'") }
            guard let values = PostgresArrayDecoder.decode(bytes, of: Value.self) else {
                throw rows.unexpected("has \(bytes.count) bytes in column '\(name)' that are no \(Value.postgresArrayType)")
            }
            return values
        }
    }
}
