import Foundation

/// A column of a statement, by name: of the row that it inserts, or of the rows that it reads. The statement's text is made of all
/// cases in their order, and a case's raw value is its index, so no number stands beside the list. Looking one up costs nothing.
protocol StatementColumn: CaseIterable, RawRepresentable where RawValue == Int32 {
    /// How many columns of another list stand before these in the rows that the statement reads.
    static var offset: Int32 { get }
    /// Its expression in a SELECT; its name by default.
    var sql: String { get }
}

extension StatementColumn {
    static var offset: Int32 { 0 }

    /// The case's name as SQL has it: words with underscores.
    var name: String {
        "\(self)".reduce(into: "") { name, character in
            if character.isUppercase { name += "_" }
            name += character.lowercased()
        }
    }

    var sql: String { name }

    /// The columns of an INSERT.
    static var names: String { allCases.map(\.name).joined(separator: ", ") }

    /// Their values in an INSERT.
    static var parameters: String { allCases.map(\.parameter).joined(separator: ", ") }

    /// The columns of a SELECT.
    static var selected: String { allCases.map(\.sql).joined(separator: ", ") }

    /// Its value's name in the statement's text.
    var parameter: String { "?\(rawValue + 1)" }
}

extension BoundStatement {
    // MARK: Columns by name

    @inline(__always)
    func bind(_ value: Int64?, to column: some StatementColumn) throws { try bind(value, at: column.rawValue + 1) }

    @inline(__always)
    func bind(_ value: Int, to column: some StatementColumn) throws { try bind(value, at: column.rawValue + 1) }

    @inline(__always)
    func bind(_ text: String?, to column: some StatementColumn) throws { try bind(text, at: column.rawValue + 1) }

    @inline(__always)
    func bind(_ data: Data?, to column: some StatementColumn) throws { try bind(data, at: column.rawValue + 1) }

    /// Runs to the end with `data` bound, which SQLite reads where it lies instead of copying it first.
    @inline(__always) @discardableResult
    func run(binding data: Data?, to column: some StatementColumn) throws -> Int { try run(binding: data, at: column.rawValue + 1) }

    @inline(__always)
    func isNull<Column: StatementColumn>(_ column: Column) -> Bool { isNull(Column.offset + column.rawValue) }

    @inline(__always)
    func int64<Column: StatementColumn>(_ column: Column) -> Int64 { int64(Column.offset + column.rawValue) }

    @inline(__always)
    func int<Column: StatementColumn>(_ column: Column) -> Int { int(Column.offset + column.rawValue) }

    @inline(__always)
    func optionalInt64<Column: StatementColumn>(_ column: Column) -> Int64? { optionalInt64(Column.offset + column.rawValue) }

    @inline(__always)
    func text<Column: StatementColumn>(_ column: Column) -> String? { text(Column.offset + column.rawValue) }

    @inline(__always)
    func data<Column: StatementColumn>(_ column: Column) -> Data { data(Column.offset + column.rawValue) }

    @inline(__always)
    func byteCount<Column: StatementColumn>(_ column: Column) -> Int { byteCount(Column.offset + column.rawValue) }
}
