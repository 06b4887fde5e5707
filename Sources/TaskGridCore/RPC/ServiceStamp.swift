/// The version of a service, and its wall clock when it answered: part of an answer of each service, so that others can compare.
package struct ServiceStamp: Codable, Sendable, Hashable {
    package var version: String
    package var at: Timestamp

    package init(version: String, at: Timestamp) {
        self.version = version
        self.at = at
    }

    /// That of this process, now.
    package static func now() -> ServiceStamp { ServiceStamp(version: TaskGridVersion.current, at: .now()) }
}
