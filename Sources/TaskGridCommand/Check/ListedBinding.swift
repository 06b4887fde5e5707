/// A binding of a queue or an exchange to an exchange (`/api/bindings`).
struct ListedBinding: Decodable, Hashable {
    /// Empty: the default exchange, to which RabbitMQ binds every queue itself.
    var source: String
    var destination: String
    /// `queue` or `exchange`.
    var destinationKind: String
    var key: String
    /// The key and the arguments, as the interface names the binding by them.
    var properties: String

    enum CodingKeys: String, CodingKey {
        case source, destination
        case destinationKind = "destination_type"
        case key = "routing_key"
        case properties = "properties_key"
    }

    var leadsToQueue: Bool { destinationKind == "queue" }

    /// What follows `/api/` to delete it.
    func target(virtualHost: String) -> String {
        let names = [source, leadsToQueue ? "q" : "e", destination, properties].map(ManagementInterface.encoded)
        return "bindings/\(ManagementInterface.encoded(virtualHost))/e/\(names.joined(separator: "/"))"
    }
}
