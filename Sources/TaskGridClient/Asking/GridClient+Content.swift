import Foundation
import TaskGridCore

/// Payloads and results that are too large for one answer.
extension GridClient {
    /// The record with the rest of what is cut in it.
    ///
    /// - Throws: `badAnswer` where the task changes meanwhile, as when it is retried.
    func whole(_ record: TaskRecord) async throws(ClientError) -> TaskRecord {
        var record = record
        if let size = record.payloadSize {
            record.payload = try await content(.payload, of: record.id, after: record.payload, size)
            record.payloadSize = nil
        }
        if let size = record.resultSize, let beginning = record.result {
            record.result = try await content(.result, of: record.id, after: beginning, size)
            record.resultSize = nil
        }
        return record
    }

    private func content(
        _ part: ContentQuery.Part, of id: TaskID, after beginning: Data, _ size: Int
    ) async throws(ClientError) -> Data {
        guard size <= WireFormat.maximumBodySize else {
            throw ClientError(
                .badAnswer, "the \(part.rawValue) of task \(id) has \(size) bytes; at most \(WireFormat.maximumBodySize) are read")
        }
        var bytes = beginning
        bytes.reserveCapacity(size)
        while bytes.count < size {
            let query = ContentQuery(id: id, part: part, from: bytes.count)
            let answer = try await ask(query, budget: .largest)
            guard answer.size == size, !answer.bytes.isEmpty, bytes.count + answer.bytes.count <= size else {
                throw ClientError(.badAnswer, "the \(part.rawValue) of task \(id) has changed while it was read: ask again")
            }
            bytes.append(answer.bytes)
        }
        return bytes
    }
}
