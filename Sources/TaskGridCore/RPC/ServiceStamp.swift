/// The version of a service, its wall clock when it answered, and its process: part of an answer of each service.
package struct ServiceStamp: Codable, Sendable, Hashable {
    package var version: String
    package var at: Timestamp
    /// The machine and the number of its process, for people; nil: a service of an earlier version, which does not say it.
    package var process: String?

    package init(version: String, at: Timestamp, process: String? = nil) {
        self.version = version
        self.at = at
        self.process = process
    }

    /// That of this process, now.
    package static func now() -> ServiceStamp {
        ServiceStamp(version: TaskGridVersion.current, at: .now(), process: ThisProcess.name)
    }
}
