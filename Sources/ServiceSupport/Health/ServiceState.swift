/// The state that a service is in.
package enum ServiceState: String, Sendable, Codable {
    /// It connects, or reads what it needs.
    case starting
    /// Another instance is the active one; it takes over when that goes.
    case standby
    case serving
    /// It was told to stop and brings to an end what is under way.
    case stopping
}
