/// A data type of PostgreSQL, by its number in `pg_type`, which is the same in every database for those that are built in.
@usableFromInline
package struct PostgresType: Hashable, Sendable {
    @usableFromInline package let oid: UInt32

    @usableFromInline package init(oid: UInt32) { self.oid = oid }

    @usableFromInline package static let bool = PostgresType(oid: 16)
    @usableFromInline package static let bytea = PostgresType(oid: 17)
    @usableFromInline package static let name = PostgresType(oid: 19)
    @usableFromInline package static let int8 = PostgresType(oid: 20)
    @usableFromInline package static let int2 = PostgresType(oid: 21)
    @usableFromInline package static let int4 = PostgresType(oid: 23)
    @usableFromInline package static let text = PostgresType(oid: 25)
    @usableFromInline package static let float8 = PostgresType(oid: 701)
    @usableFromInline package static let varchar = PostgresType(oid: 1043)
    @usableFromInline package static let boolArray = PostgresType(oid: 1000)
    @usableFromInline package static let byteaArray = PostgresType(oid: 1001)
    @usableFromInline package static let int2Array = PostgresType(oid: 1005)
    @usableFromInline package static let int4Array = PostgresType(oid: 1007)
    @usableFromInline package static let textArray = PostgresType(oid: 1009)
    @usableFromInline package static let int8Array = PostgresType(oid: 1016)
    @usableFromInline package static let float8Array = PostgresType(oid: 1022)

    private static let names: [PostgresType: String] = [
        bool: "bool", bytea: "bytea", name: "name", int8: "int8", int2: "int2", int4: "int4", text: "text", float8: "float8",
        varchar: "varchar", boolArray: "bool[]", byteaArray: "bytea[]", int2Array: "int2[]", int4Array: "int4[]", textArray: "text[]",
        int8Array: "int8[]", float8Array: "float8[]",
    ]
}

extension PostgresType: CustomStringConvertible {
    @usableFromInline package var description: String { Self.names[self] ?? "type \(oid)" }
}
