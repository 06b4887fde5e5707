public import Foundation

/// A part of a task's payload or result: how one that is too large for an answer is read.
public struct ContentQuery: Query, Hashable {
    public static let name = "content"
    public static let service = Topology.Service.dispatcher

    public enum Part: String, Codable, Sendable {
        case payload, result
    }

    public var id: TaskID
    public var part: Part
    /// How many bytes to leave out before it.
    public var from: Int

    public init(id: TaskID, part: Part, from: Int = 0) {
        self.id = id
        self.part = part
        self.from = from
    }

    public struct Answer: Codable, Sendable, Hashable {
        /// As many as fit into the answer; empty only where there are none any more.
        public var bytes: Data
        /// How many the whole has.
        public var size: Int

        enum CodingKeys: String, CodingKey {
            case size
            case bytes = "base64"
        }

        public init(bytes: Data, size: Int) {
            self.bytes = bytes
            self.size = size
        }

        /// How many bytes fit into an answer: base64 makes four of three.
        public static func maximumBytes(_ budget: AnswerBudget) -> Int { (budget.bytes - 1024) / 4 * 3 }
    }
}
