import AMQP
import Foundation

/// Reading properties and headers, which are anyone's: wrong types, empty texts, over-long names and numbers out of range
/// are errors that say which.
extension BasicProperties {
    func required(_ value: String?, _ what: String, atMost length: Int = WireFormat.maximumNameLength) throws(WireError) -> String {
        guard let value = try optional(value, what, atMost: length) else { throw WireError(.missingProperty, "\(what) is missing") }
        return value
    }

    /// A text, nil where it is not there or empty.
    func optional(_ value: String?, _ what: String, atMost length: Int = WireFormat.maximumNameLength) throws(WireError) -> String? {
        guard let value, !value.isEmpty else { return nil }
        guard value.utf8.count <= length else { throw WireError(.badProperty, "\(what) is longer than \(length) bytes") }
        return value
    }

    func taskType() throws(WireError) -> TaskType {
        let name = try required(type, "type (the task's type)")
        do {
            return try TaskType(name)
        } catch {
            throw WireError(.badProperty, "\(error)")
        }
    }

    /// - Parameter allowsMarker: takes `0` for the audit's marker.
    func taskID(allowsMarker: Bool = false) throws(WireError) -> TaskID {
        let text = try required(messageID, "message-id (the task's id)")
        if allowsMarker, text == TaskID.marker.description { return .marker }
        guard let id = TaskID(text) else { throw WireError(.badProperty, "message-id '\(text.cut(toUTF8: 40))' is no task id") }
        return id
    }

    /// The worker's id.
    func worker() throws(WireError) -> String {
        try required(appID, "app-id (the worker's id)", atMost: WireFormat.maximumIDLength)
    }

    func attempt(in range: ClosedRange<Int>) throws(WireError) -> Int {
        guard let attempt = try integer(WireFormat.Header.attempt, in: Int64(range.lowerBound)...Int64(range.upperBound)) else {
            throw WireError(.missingProperty, "header \(WireFormat.Header.attempt) is missing")
        }
        return Int(attempt)
    }

    /// An integer header, nil where it is not there.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(WireError) -> Int64? {
        guard let value = headers[name] else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw WireError(.badProperty, "header \(name) is no integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// An integer header in which 0 says as much as its absence.
    func setting(_ name: String, upTo limit: Int64) throws(WireError) -> Int64? {
        let value = try integer(name, in: 0...limit)
        return value == 0 ? nil : value
    }

    /// A text header, nil where it is not there or empty.
    func text(_ name: String) throws(WireError) -> String? {
        guard let value = headers[name] else { return nil }
        guard let text = value.text else { throw WireError(.badProperty, "header \(name) is no text") }
        return try optional(text, "header \(name)")
    }

    func requiredText(_ name: String) throws(WireError) -> String {
        guard let text = try text(name) else { throw WireError(.missingProperty, "header \(name) is missing") }
        return text
    }

    /// A header that is true or false; false where it is not there.
    func flag(_ name: String) throws(WireError) -> Bool {
        switch headers[name] {
        case nil: return false
        case .bool(let value): return value
        default: throw WireError(.badProperty, "header \(name) is neither true nor false")
        }
    }

    /// The fingerprint that a submission's client has made; nil where it has not.
    func fingerprint() throws(WireError) -> Fingerprint? {
        guard let text = try text(WireFormat.Header.fingerprint) else { return nil }
        guard let fingerprint = Fingerprint(text) else {
            throw WireError(.badProperty, "header \(WireFormat.Header.fingerprint) is not 32 hexadecimal digits")
        }
        return fingerprint
    }

    /// The proof of the attempt; nil where there is none that can be right.
    var proof: Proof? {
        guard case .string(let text) = headers[WireFormat.Header.proof] else { return nil }
        return ShortDigest(text).map(Proof.init)
    }

    /// How long an attempt ran, by what the worker says.
    func runTime() throws(WireError) -> Duration {
        .runTime(microseconds: try integer(WireFormat.Header.runTime, in: 0...Int64.max) ?? 0)
    }

    /// The text of an error. Bytes that are no UTF-8 are mended: to refuse them would be to lose the failure they tell of.
    func errorText() throws(WireError) -> String? {
        switch headers[WireFormat.Header.error] {
        case nil: return nil
        case .string(let text): return text
        case .bytes(let bytes): return String(decoding: bytes.prefix(2 * TaskError.maximumMessageLength), as: UTF8.self)
        default: throw WireError(.badProperty, "header \(WireFormat.Header.error) is no text")
        }
    }
}
