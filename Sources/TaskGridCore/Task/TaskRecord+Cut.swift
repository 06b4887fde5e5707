import Foundation

extension TaskRecord {
    /// Whether less of the payload or of the result is here than there is.
    public var isCut: Bool { payloadSize != nil || resultSize != nil }

    /// The record in at most so many bytes of JSON: its payload and its result are cut where they must be and marked with their
    /// whole size, and of a long history the latest attempts are kept.
    ///
    /// - Parameter bytes: at least some tens of thousands, because the other fields are not cut.
    package func fitting(_ bytes: Int) -> TaskRecord {
        guard JSON.encode(self).count > bytes else { return self }
        var record = self
        record.keep(payload: 0, result: 0)
        while record.attempts.count > 1, JSON.encode(record).count > bytes / 2 {
            record.attempts.removeFirst((record.attempts.count + 1) / 2)
        }
        // No byte takes more than two in JSON; some are for the names and sizes of the fields.
        let room = max(0, bytes - JSON.encode(record).count - 400) / 2
        let (payloadCount, resultCount) = (payload.count, result?.count ?? 0)
        // One gets what the other leaves.
        let payloadRoom = min(payloadCount, max(room / 2, room - resultCount))
        (record.payload, record.payloadSize) = (payload, payloadSize)
        (record.result, record.resultSize) = (result, resultSize)
        record.keep(payload: payloadRoom, result: room - payloadRoom)
        return record
    }

    /// Keeps the first bytes of the payload and of the result, and notes how many there were.
    package mutating func keep(payload payloadCount: Int, result resultCount: Int) {
        if payload.count > payloadCount {
            payloadSize = payloadSize ?? payload.count
            payload = payload.head(payloadCount)
        }
        if let whole = result, whole.count > resultCount {
            resultSize = resultSize ?? whole.count
            result = whole.head(resultCount)
        }
    }
}
