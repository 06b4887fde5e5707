/// The limits of the dispatcher, so that a client can check a submission before it sends it.
package struct LimitsQuery: Query, Hashable {
    package static let name = "limits"
    package static let service = Topology.Service.dispatcher

    package init() {}

    package struct Answer: Codable, Sendable, Hashable {
        /// The most bytes that a task's payload may have.
        package var maximumPayload: Int
        /// The dispatcher; nil: it does not say.
        package var service: ServiceStamp?

        enum CodingKeys: String, CodingKey {
            case service
            case maximumPayload = "max_payload"
        }

        package init(maximumPayload: Int, service: ServiceStamp? = nil) {
            self.maximumPayload = maximumPayload
            self.service = service
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                maximumPayload: try container.count(forKey: .maximumPayload),
                service: try container.decodeIfPresent(ServiceStamp.self, forKey: .service)
            )
        }
    }
}
