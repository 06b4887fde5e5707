/// The answer to one statement: its rows, whose values are read by the names of their columns.
package struct PostgresRows: Sendable {
    let handle: ResultHandle
    /// The name of the statement.
    let statement: String
    /// How many rows there are.
    package let count: Int

    init(_ handle: ResultHandle, of statement: String) {
        self.handle = handle
        self.statement = statement
        count = handle.rows
    }

    package var isEmpty: Bool { count == 0 }
    package var indices: Range<Int> { 0..<count }

    /// How many rows the statement inserted, updated, deleted or gave.
    package var affected: Int { handle.affected }

    /// A column, to be read as values of a type.
    ///
    /// - Throws: `unexpectedAnswer` where there is no such column, there are two, or it has another type.
    package func column<Value: PostgresValue>(_ name: String, _ type: Value.Type = Value.self) throws(PostgresError) -> PostgresColumn<
        Value
    > {
        let index = try index(name)
        let found = handle.type(ofColumn: index)
        guard Value.isRead(from: found) else { throw unexpected("has \(found) in column '\(name)', not \(Value.postgresType)") }
        return PostgresColumn(rows: self, name: name, index: index)
    }

    /// A column of arrays.
    ///
    /// - Throws: `unexpectedAnswer` where there is no such column, there are two, or it has another type.
    package func column<Value: PostgresValue>(
        _ name: String, arrayOf type: Value.Type
    ) throws(PostgresError) -> PostgresArrayColumn<Value> {
        let index = try index(name)
        let found = handle.type(ofColumn: index)
        guard found == Value.postgresArrayType else {
            throw unexpected("has \(found) in column '\(name)', not \(Value.postgresArrayType)")
        }
        return PostgresArrayColumn(rows: self, name: name, index: index)
    }

    /// All values of a column, none of which is NULL.
    package func values<Value: PostgresValue>(_ name: String, _ type: Value.Type = Value.self) throws(PostgresError) -> [Value] {
        let column = try column(name, type)
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in indices { values.append(try column[row]) }
        return values
    }

    /// The column's value in the first row, which is not NULL; nil where there is no row.
    package func first<Value: PostgresValue>(_ name: String, _ type: Value.Type = Value.self) throws(PostgresError) -> Value? {
        try isEmpty ? nil : column(name, type)[0]
    }

    private func index(_ name: String) throws(PostgresError) -> Int {
        let found = (0..<handle.columns).filter { handle.name(ofColumn: $0) == name }
        guard let index = found.first else { throw unexpected("has no column '\(name)'") }
        guard found.count == 1 else { throw unexpected("has \(found.count) columns '\(name)'") }
        guard handle.isBinary(index) else { throw unexpected("has column '\(name)' in text form") }
        return index
    }

    func unexpected(_ what: String) -> PostgresError {
        PostgresError(
            .unexpectedAnswer, "the answer to statement '\(statement)' \(what): is the database of another version of this program?",
            outcome: .unknown, statement: statement)
    }

    /// The bytes of a value; nil: NULL.
    func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeRawBufferPointer? {
        guard indices.contains(row) else { throw unexpected("has \(count) rows, and none with index \(row)") }
        return handle.bytes(row, column)
    }
}
