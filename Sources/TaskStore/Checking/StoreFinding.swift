/// One thing that an inspection of a store has looked at, and what to do about it.
package struct StoreFinding: Hashable, Sendable {
    package enum Level: String, Sendable {
        case ok, warning, problem
    }

    package enum Subject: String, Sendable {
        case file, counters, keys, rows, durability
    }

    package let level: Level
    package let subject: Subject
    package let found: String
    /// What to do; nil: nothing.
    package let advice: String?

    package static func ok(_ subject: Subject, _ found: String) -> StoreFinding {
        StoreFinding(level: .ok, subject: subject, found: found, advice: nil)
    }

    package static func warning(_ subject: Subject, _ found: String, advice: String) -> StoreFinding {
        StoreFinding(level: .warning, subject: subject, found: found, advice: advice)
    }

    package static func problem(_ subject: Subject, _ found: String, advice: String) -> StoreFinding {
        StoreFinding(level: .problem, subject: subject, found: found, advice: advice)
    }
}
