import NIOCore

/// Metrics in Prometheus's text format, version 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats>.
struct Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        case counter, gauge, histogram
    }

    typealias Labels = [(name: String, value: String)]

    private(set) var text = ByteBuffer()

    /// Begins a family: all its samples come after it, before the next one.
    mutating func family(_ name: String, _ kind: Kind, help: String) {
        text.writeString("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    mutating func sample(_ name: String, _ labels: Labels = [], value: Double) {
        text.writeString(name)
        if !labels.isEmpty {
            text.writeString("{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}")
        }
        text.writeString(" \(Self.number(value))\n")
    }

    mutating func sample(_ name: String, _ labels: Labels = [], value: Int) { sample(name, labels, value: Double(value)) }
    mutating func sample(_ name: String, _ labels: Labels = [], value: Bool) { sample(name, labels, value: value ? 1 : 0) }

    /// The samples of one histogram.
    mutating func histogram(_ name: String, _ labels: Labels, buckets: TimeBuckets) {
        for (bound, count) in zip(TimeBuckets.bounds, buckets.cumulative) {
            sample("\(name)_bucket", labels + [("le", Self.number(bound))], value: Double(count))
        }
        sample("\(name)_bucket", labels + [("le", "+Inf")], value: Double(buckets.count))
        sample("\(name)_sum", labels, value: buckets.seconds)
        sample("\(name)_count", labels, value: Double(buckets.count))
    }

    /// A label's value: backslash, quote and line feed are escaped.
    static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        value.magnitude < 9e15 && value == value.rounded() ? String(Int64(value)) : String(value)
    }
}
