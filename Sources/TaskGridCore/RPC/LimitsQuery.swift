/// The limits of the dispatcher, so that a client can check a submission before it sends it.
package struct LimitsQuery: Query, Hashable {
    package static let name = "limits"
    package static let service = Topology.Service.dispatcher

    package init() {}

    package struct Answer: Codable, Sendable, Hashable {
        /// The most bytes that a task's payload may have.
        package var maximumPayload: Int

        enum CodingKeys: String, CodingKey {
            case maximumPayload = "max_payload"
        }

        package init(maximumPayload: Int) {
            self.maximumPayload = maximumPayload
        }

        package init(from decoder: any Decoder) throws {
            self.init(maximumPayload: try decoder.container(keyedBy: CodingKeys.self).count(forKey: .maximumPayload))
        }
    }
}
