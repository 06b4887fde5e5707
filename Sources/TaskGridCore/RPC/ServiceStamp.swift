/// The version of a service, its wall clock when it answered, and its process: part of an answer of each service.
package struct ServiceStamp: Codable, Sendable, Hashable {
    package var version: String
    package var at: Timestamp
    /// The machine and the number of its process, for people; nil: a service of an earlier version, which does not say it.
    package var process: String?
    /// Why the service does not do its work, for people; nil: nothing is known.
    package var problem: String?

    package init(version: String, at: Timestamp, process: String? = nil, problem: String? = nil) {
        self.version = version
        self.at = at
        self.process = process
        self.problem = problem
    }

    /// That of this process, now.
    ///
    /// - Parameter problem: why the service does not do its work; nil: nothing is known.
    package static func now(problem: String? = nil) -> ServiceStamp {
        ServiceStamp(version: TaskGridVersion.current, at: .now(), process: ThisProcess.name, problem: problem)
    }
}
