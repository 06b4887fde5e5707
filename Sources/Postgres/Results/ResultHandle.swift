import CPostgres

/// libpq's result of one statement, which is freed with this object.
final class ResultHandle: Sendable {
    private let table: Libpq.Table
    // Proof of `nonisolated(unsafe)`: libpq never changes a result once it has been handed out, and any thread may read it (PostgreSQL's manual,
    // "Behavior in Threaded Programs"). `deinit` alone frees it, when nobody has a reference any more.
    private nonisolated(unsafe) let result: OpaquePointer

    private var pq: UnsafePointer<taskgrid_libpq_t> { table.functions }

    /// - Parameters:
    ///   - result: a result that nobody else frees.
    ///   - pq: libpq's functions.
    init(_ result: OpaquePointer, _ pq: UnsafePointer<taskgrid_libpq_t>) {
        self.result = result
        table = Libpq.Table(functions: pq)
    }

    deinit { pq.pointee.PQclear(result) }

    var status: ExecStatusType { pq.pointee.PQresultStatus(result) }
    var rows: Int { Int(pq.pointee.PQntuples(result)) }
    var columns: Int { Int(pq.pointee.PQnfields(result)) }
    /// The bytes that it takes in memory.
    var size: Int { pq.pointee.PQresultMemorySize(result) }
    /// As `INSERT 0 12`.
    var tag: String { String(c: pq.pointee.PQcmdStatus(result)) }
    /// The number of rows that the statement changed or gave; 0 for others.
    var affected: Int { Int(String(c: pq.pointee.PQcmdTuples(result))) ?? 0 }

    func name(ofColumn column: Int) -> String { String(c: pq.pointee.PQfname(result, Int32(column))) }

    func type(ofColumn column: Int) -> PostgresType { PostgresType(oid: pq.pointee.PQftype(result, Int32(column))) }

    func isBinary(_ column: Int) -> Bool { pq.pointee.PQfformat(result, Int32(column)) == 1 }

    /// The value's bytes, which live as long as this object; nil: NULL. The row and the column are there.
    func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        guard pq.pointee.PQgetisnull(result, Int32(row), Int32(column)) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: pq.pointee.PQgetvalue(result, Int32(row), Int32(column)),
            count: Int(pq.pointee.PQgetlength(result, Int32(row), Int32(column))))
    }

    var message: ServerMessage { ServerMessage(result, pq) }
}
