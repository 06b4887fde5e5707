/// One thing that was looked at: whether it is as it should be, what was found, and what to do.
struct Finding: Hashable, Encodable {
    enum Level: String, Encodable {
        case ok, warning
        /// Tasks get lost or late, or a part of the grid cannot work.
        case problem
    }

    /// The thing that was looked at, as the first word after the level says it.
    enum Subject: String, Encodable {
        case broker, exchanges, queues, services, clocks, management, nodes, kinds, members, bindings, policies, rights, limits, deprecated
        case file, counters, keys, rows, durability
    }

    let level: Level
    let subject: Subject
    let found: String
    /// What to do; nil where nothing has to be done.
    var advice: String?

    enum CodingKeys: String, CodingKey {
        case level, found, advice
        case subject = "check"
    }

    static func ok(_ subject: Subject, _ found: String) -> Finding { Finding(level: .ok, subject: subject, found: found) }

    static func warning(_ subject: Subject, _ found: String, advice: String) -> Finding {
        Finding(level: .warning, subject: subject, found: found, advice: advice)
    }

    static func problem(_ subject: Subject, _ found: String, advice: String) -> Finding {
        Finding(level: .problem, subject: subject, found: found, advice: advice)
    }
}

extension [String] {
    /// The first three, and how many more there are.
    var listed: String { count > 4 ? "\(prefix(3).joined(separator: ", ")) and \(count - 3) more" : joined(separator: ", ") }
}
