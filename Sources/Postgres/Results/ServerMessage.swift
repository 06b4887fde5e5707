import CPostgres

/// An error or a notice of the server. It holds no row and no parameter: the server repeats values in some messages, which are left out.
struct ServerMessage: Hashable, Sendable {
    /// In English whatever the server's language; empty where libpq made the message itself.
    let severity: String
    let sqlState: String?
    let primary: String
    let detail: String?
    let hint: String?
    /// The server's function that the message comes from.
    let function: String?

    /// Ends the session.
    var isFatal: Bool { severity == "FATAL" || severity == "PANIC" }

    init(severity: String, sqlState: String?, primary: String, detail: String? = nil, hint: String? = nil, function: String? = nil) {
        self.severity = severity
        self.sqlState = sqlState
        self.primary = primary
        self.detail = detail
        self.hint = hint
        self.function = function
    }

    /// Copies the message of a result.
    init(_ result: OpaquePointer, _ pq: UnsafePointer<taskgrid_libpq_t>) {
        func field(_ code: Int32) -> String? {
            pq.pointee.PQresultErrorField(result, code).map { ForeignText.plain(String(cString: $0)) }
        }
        let sqlState = field(TASKGRID_DIAG_SQLSTATE)
        let primary = field(TASKGRID_DIAG_PRIMARY) ?? ForeignText.plain(String(c: pq.pointee.PQresultErrorMessage(result)))
        let showsValues = Self.showsValues(sqlState)
        severity = field(TASKGRID_DIAG_SEVERITY) ?? ""
        self.sqlState = sqlState
        self.primary = Self.withoutValues(primary, sqlState)
        detail =
            showsValues
            ? Self.place(field(TASKGRID_DIAG_TABLE), field(TASKGRID_DIAG_COLUMN), field(TASKGRID_DIAG_CONSTRAINT))
            : field(TASKGRID_DIAG_DETAIL)
        hint = field(TASKGRID_DIAG_HINT)
        function = field(TASKGRID_DIAG_FUNCTION)
    }

    /// As an error shows it: `23505 duplicate key …`.
    var text: String {
        var text = [sqlState, primary].compactMap(\.self).joined(separator: " ")
        if let detail { text += " (\(detail))" }
        if let hint { text += "; hint: \(hint)" }
        return text
    }

    /// Data exceptions, violated constraints and views' checks: their details show rows, as "Key (id)=(7) already exists."
    static func showsValues(_ sqlState: String?) -> Bool { ["22", "23", "44"].contains { sqlState?.hasPrefix($0) == true } }

    /// Leaves out what the message of a data exception quotes or shows as bytes: `value "700" is out of range for type smallint`,
    /// `invalid byte sequence for encoding "UTF8": 0xff`. Those of other classes quote names alone.
    static func withoutValues(_ primary: String, _ sqlState: String?) -> String {
        guard sqlState?.hasPrefix("22") == true else { return primary }
        return ForeignText.withoutQuotations(primary).replacing(#/0x[0-9A-Fa-f]{2}( 0x[0-9A-Fa-f]{2})*/#, with: "…")
    }

    private static func place(_ table: String?, _ column: String?, _ constraint: String?) -> String? {
        let parts = [("table", table), ("column", column), ("constraint", constraint)].compactMap { kind, name in
            name.map { "\(kind) \($0)" }
        }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
