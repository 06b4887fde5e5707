/// The limits of the dispatcher, so that a client can check a submission before it sends it.
public struct LimitsQuery: Query, Hashable {
    public static let name = "limits"
    public static let service = Topology.Service.dispatcher

    public init() {}

    public struct Answer: Codable, Sendable, Hashable {
        /// The most bytes that a task's payload may have.
        public var maximumPayload: Int

        enum CodingKeys: String, CodingKey {
            case maximumPayload = "max_payload"
        }

        public init(maximumPayload: Int) {
            self.maximumPayload = maximumPayload
        }

        public init(from decoder: any Decoder) throws {
            self.init(maximumPayload: try decoder.container(keyedBy: CodingKeys.self).count(forKey: .maximumPayload))
        }
    }
}
