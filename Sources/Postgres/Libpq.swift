import CPostgres

/// libpq's functions. The library is loaded when they are first asked for, and stays.
enum Libpq {
    /// A table that is filled once and lives as long as the process.
    //
    // Proof of `@unchecked Sendable`: nobody writes to the table after `load` has returned it, and it is never freed. libpq's functions may be
    // called on any thread (`PQisthreadsafe` is asked below); `PostgresHandle` says which of them a connection's thread alone calls.
    struct Table: @unchecked Sendable {
        let functions: UnsafePointer<taskgrid_libpq_t>
    }

    /// The library's name (soname), which has been the same since PostgreSQL 8.2.
    static let name = "libpq.so.5"
    private static let loaded = load(name)

    /// - Throws: `libraryMissing` where libpq cannot be used.
    static func functions() throws(PostgresError) -> UnsafePointer<taskgrid_libpq_t> { try loaded.get().functions }

    /// Loads a library that has libpq's functions.
    ///
    /// - Parameter library: its name or path.
    static func load(_ library: String) -> Result<Table, PostgresError> {
        let table = UnsafeMutablePointer<taskgrid_libpq_t>.allocate(capacity: 1)
        table.initialize(to: taskgrid_libpq_t())
        let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer -> String? in
            taskgrid_libpq_load(library, table, buffer.baseAddress, buffer.count) == 0 ? nil : String(cString: buffer.baseAddress!)
        }
        if let reason {
            table.deallocate()
            let advice = "install libpq5, version 14 or newer, or keep the grid's tasks in SQLite"
            return .failure(PostgresError(.libraryMissing, "PostgreSQL's client library cannot be used (\(reason)): \(advice)"))
        }
        guard table.pointee.PQisthreadsafe() == 1 else {
            table.deallocate()
            return .failure(
                PostgresError(.libraryMissing, "\(library) was built without threads: install the libpq5 of your system"))
        }
        return .success(Table(functions: table))
    }
}

extension String {
    /// A C string of libpq's; empty where there is none.
    init(c string: UnsafePointer<CChar>?) {
        self = string.map { String(cString: $0) } ?? ""
    }
}
