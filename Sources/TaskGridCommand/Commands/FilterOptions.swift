import ArgumentParser
import TaskGridCore

/// The options that choose failed tasks.
struct FilterOptions: ParsableArguments {
    @Option(help: "Only tasks of this type.", completion: .gridTypes, transform: Arguments.type)
    var type: TaskType?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only those that ended then or later: how long ago, such as 1h, or a time (UTC).", valueName: "time"),
        transform: Arguments.moment
    )
    var since: Timestamp?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only those that ended before then.", valueName: "time"), transform: Arguments.moment
    )
    var until: Timestamp?

    @Option(help: ArgumentHelp("Only those whose error has this text in it; upper and lower case are the same.", valueName: "words"))
    var text: String?

    @Option(help: ArgumentHelp("Only those whose error is of this kind, as 'taskgrid errors' prints it.", valueName: "kind"))
    var error: String?

    var isEmpty: Bool { type == nil && since == nil && until == nil && text == nil && error == nil }

    var filter: TaskFilter {
        TaskFilter(
            type: type, state: .failed, completedSince: since, completedUntil: until, text: text,
            errorGroup: error.map(ErrorGroup.init(text:)))
    }

    /// Tasks that have not ended, by their times of acceptance.
    var openFilter: TaskFilter {
        TaskFilter(type: type, createdSince: since, createdUntil: until, text: text, errorGroup: error.map(ErrorGroup.init(text:)))
    }

    /// Says which they are, to follow "failed tasks".
    var words: String {
        var words = ""
        if let type { words += " of type \(type)" }
        if let since { words += " since \(since)" }
        if let until { words += " until \(until)" }
        if let text { words += " with \"\(Terminal.plain(text))\" in their error" }
        if let error { words += " with an error like \"\(Terminal.plain(error))\"" }
        return words
    }

    func validate() throws {
        if let text, !(1...TaskFilter.maximumTextLength).contains(text.utf8.count) {
            throw ValidationError("--text has 1 to \(TaskFilter.maximumTextLength) bytes, not \(text.utf8.count)")
        }
        if let since, let until, since >= until {
            throw ValidationError("--since \(since) is not before --until \(until): no task can have ended between them")
        }
    }
}
