package import Foundation

/// A part of a task's payload or result: how one that is too large for an answer is read.
package struct ContentQuery: Query, Hashable {
    package static let name = "content"
    package static let service = Topology.Service.dispatcher

    package enum Part: String, Codable, Sendable {
        case payload, result
    }

    package var id: TaskID
    package var part: Part
    /// How many bytes to leave out before it.
    package var from: Int

    package init(id: TaskID, part: Part, from: Int = 0) {
        self.id = id
        self.part = part
        self.from = from
    }

    package struct Answer: Codable, Sendable, Hashable {
        /// As many as fit into the answer; empty only where there are none any more.
        package var bytes: Data
        /// How many the whole has.
        package var size: Int

        enum CodingKeys: String, CodingKey {
            case size
            case bytes = "base64"
        }

        package init(bytes: Data, size: Int) {
            self.bytes = bytes
            self.size = size
        }

        /// How many bytes fit into an answer: base64 makes four of three.
        package static func maximumBytes(_ budget: AnswerBudget) -> Int { (budget.bytes - 1024) / 4 * 3 }
    }
}
