import Foundation

/// Numbers as people read them in a narrow column; `-` for what is not known.
enum CompactNumber {
    /// A number of tasks in a second.
    static func rate(_ value: Double) -> String {
        switch value {
        case ..<0.005: "0"
        case ..<1: String(format: "%.2f", value)
        case ..<100: String(format: "%.1f", value)
        default: Terminal.grouped(Int(min(value, 1e15).rounded()))
        }
    }

    /// - Parameter value: milliseconds.
    static func time(_ value: Double?) -> String {
        guard let value else { return "-" }
        return switch value {
        case ..<1: String(format: "%.2fms", max(0, value))
        case ..<10: String(format: "%.1fms", value)
        case ..<1000: String(format: "%.0fms", value)
        case ..<60_000: String(format: "%.1fs", value / 1000)
        default: WorkersCommand.age(.milliseconds(Int64(min(value, 1e15))))
        }
    }

    /// - Parameter seconds: since something was heard.
    static func ago(_ seconds: Double) -> String { seconds < 1.5 ? "now" : WorkersCommand.age(.seconds(Int64(min(seconds, 1e12)))) }

    /// The time of day of a time as JSON has it, such as `21:49:02`.
    static func clock(_ at: String) -> String {
        guard let t = at.firstIndex(of: "T") else { return String(at.prefix(8)) }
        return String(at[at.index(after: t)...].prefix(8))
    }
}
