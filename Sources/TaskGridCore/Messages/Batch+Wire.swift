import Foundation
import SwiftProtobuf

extension PBBatch {
    /// Reads a batch, within its bounds.
    static func decoded(_ body: Data) throws(WireError) -> PBBatch {
        // Counted before they are built: a record of two bytes on the wire takes two hundred in memory.
        guard let count = body.countRecords(upTo: WireFormat.maximumRecords) else {
            throw WireError(.malformedBody, "the body is no protobuf batch")
        }
        guard count.records <= WireFormat.maximumRecords else {
            throw WireError(.tooLarge, "a batch of more than \(WireFormat.maximumRecords) records")
        }
        guard count.settings <= WireFormat.maximumRecords else {
            throw WireError(.tooLarge, "a batch of more than \(WireFormat.maximumRecords) settings")
        }
        guard count.records > 0 else { throw WireError(.malformedBody, "a batch without records") }
        guard count.settings <= count.records else { throw WireError(.malformedBody, "a batch of more settings than records") }
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            return try PBBatch(serializedBytes: body, options: options)
        } catch {
            throw WireError(.malformedBody, "the body is no protobuf batch (\(error))")
        }
    }

    /// Writes one record for each of `items`.
    ///
    /// - Precondition: together they are within `WireFormat.maximumRecords` and `maximumBodySize`, beyond which nobody reads
    ///   them; code that fills a batch keeps to both.
    static func encoded<Item>(
        _ items: [Item], _ fill: (Item, inout PBRecord) -> Void, settings: () -> [PBSettings] = { [] }
    ) -> Data {
        var batch = PBBatch()
        batch.records.reserveCapacity(items.count)
        for item in items {
            var record = PBRecord()
            fill(item, &record)
            batch.records.append(record)
        }
        batch.settings = settings()
        // `try!` cannot fail: proto3 has no required fields, and the precondition keeps the batch below 2 GiB.
        return try! batch.serializedBytes()
    }
}

extension PBRecord {
    /// The task and attempt that the record speaks of. With `allowsMarker`, id 0 is the delivery audit's marker.
    func identity(attempts: ClosedRange<Int>, allowsMarker: Bool = false) throws(WireError) -> (TaskID, Int) {
        guard id > 0 || allowsMarker && id == TaskID.marker.rawValue else { throw WireError(.malformedBody, "record with task id \(id)") }
        guard attempts.contains(Int(attempt)) else {
            throw WireError(.malformedBody, "record of task \(id) with attempt \(attempt)")
        }
        return (TaskID(id), Int(attempt))
    }

    /// The proof of the attempt; nil where there is none that can be right.
    var workProof: Proof? { ShortDigest(proof).map(Proof.init) }

    /// A field that is a time or a count in which 0 says nothing.
    func setting(_ value: some BinaryInteger, _ name: String, upTo limit: Int64) throws(WireError) -> Int64? {
        guard value >= 0, value <= limit else { throw WireError(.malformedBody, "record with a \(name) beyond \(limit)") }
        return value == 0 ? nil : Int64(value)
    }
}

extension Duration {
    /// A run time that a worker gives, bounded: what is kept of it must be good to reckon with.
    static func runTime(microseconds: some BinaryInteger) -> Duration {
        min(.microseconds(Int64(clamping: microseconds)), WireFormat.maximumRunTime)
    }

    /// A delay as the wire carries it; one below zero is none.
    var wireDelay: Int64 { min(max(0, milliseconds), WireFormat.maximumDelay.milliseconds) }
    /// An attempt's time as the wire carries it: from a millisecond, because 0 would mean no limit, to the longest.
    var wireTimeout: Int64 { min(max(1, milliseconds), WireFormat.maximumTimeout.milliseconds) }
    /// A run time as the wire carries it.
    var wireMicroseconds: Int64 { max(0, min(self, WireFormat.maximumRunTime).microseconds) }
}

extension Timestamp {
    /// A time as the wire carries it, where 0 would mean none.
    var wireTime: Int64 { min(max(1, rawValue), WireFormat.maximumTime.rawValue) }
}

extension PBStatus {
    var name: String {
        switch self {
        case .accepted: "accepted"
        case .rejected: "rejected"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .expired: "expired"
        case .interrupted: "interrupted"
        case .returned: "returned"
        case .started: "started"
        case .unspecified: "unspecified"
        case .UNRECOGNIZED(let value): "\(value)"
        }
    }

    init?(name: String) {
        guard let status = Self.allCases.first(where: { $0 != .unspecified && $0.name == name }) else { return nil }
        self = status
    }

    init(ending state: TaskState) {
        switch state {
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        case .pending, .scheduled, .queued, .running: self = .unspecified
        }
    }
}
