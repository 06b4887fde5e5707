import AMQP
import ArgumentParser
import LocalGrid
import TaskGridConfiguration
import TaskGridCore

/// Texts of the command line as values, with errors that say what they have to be.
enum Arguments {
    @Sendable static func time(_ text: String) throws -> Duration {
        guard let time = DurationText.read(text) else { throw ValidationError("'\(text)' is not \(DurationText.whatAtMost)") }
        return time
    }

    /// A time in which something can be done.
    @Sendable static func someTime(_ text: String) throws -> Duration {
        let time = try time(text)
        guard time >= .milliseconds(1) else { throw ValidationError("'\(text)' is no time to do anything in: give 1ms or more") }
        return time
    }

    /// The wait for the end of a task that no option limits.
    static let asLongAsItTakes = Duration.seconds(3650 * 86_400)

    /// A whole number of a range.
    static func number(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        let kind = ValueKind<Int>.integer(range)
        return { text in
            guard let number = kind.read(text) else { throw ValidationError("'\(text)' is not \(kind.what)") }
            return number
        }
    }

    /// The largest number of things that an option takes.
    static let most = 1_000_000_000

    @Sendable static func backoff(_ text: String) throws -> Backoff {
        guard let backoff = Backoff(text) else { throw ValidationError("'\(text)' is not a \(Backoff.what)") }
        return backoff
    }

    @Sendable static func moment(_ text: String) throws -> Timestamp {
        guard let moment = MomentText.read(text, now: .now()) else { throw ValidationError("'\(text)' is not \(MomentText.what)") }
        return moment
    }

    /// A text to look for in errors.
    @Sendable static func errorText(_ text: String) throws -> String {
        guard TaskFilter.isValid(text: text) else {
            throw ValidationError("the text has 1 to \(TaskFilter.maximumTextLength) bytes, not \(text.utf8.count)")
        }
        return text
    }

    @Sendable static func type(_ text: String) throws -> TaskType {
        do {
            return try TaskType(text)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    @Sendable static func id(_ text: String) throws -> TaskID {
        guard let id = TaskID(text) else { throw ValidationError("'\(text)' is no task id, a whole number as 'taskgrid submit' prints it") }
        return id
    }

    @Sendable static func ports(_ text: String) throws -> Ports.Choice {
        guard let choice = Ports.Choice(rawValue: text) else { throw ValidationError("'\(text)' is no choice of ports: standard or free") }
        return choice
    }
}
