import ArgumentParser
import TaskGridClient
import TaskGridCore

/// The options that choose failed tasks.
struct FilterOptions: ParsableArguments {
    /// The help of `--error`.
    static let errorHelp = ArgumentHelp(
        "Only those whose error is of this kind: the whole text, as 'taskgrid errors --wide' prints it.", valueName: "kind")

    @Option(help: "Only tasks of this type.", completion: .gridTypes, transform: Arguments.type)
    var type: TaskType?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Only those that ended (of cancel: were accepted) then or later: how long ago, such as 1h, or a time (UTC).", valueName: "time"),
        transform: Arguments.moment
    )
    var since: Timestamp?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only those that ended (of cancel: were accepted) before then.", valueName: "time"),
        transform: Arguments.moment
    )
    var until: Timestamp?

    @Option(
        help: ArgumentHelp("Only those whose error has this text in it; letters from A to Z match in either case.", valueName: "words"),
        transform: Arguments.errorText)
    var text: String?

    @Option(help: Self.errorHelp)
    var error: String?

    /// Takes the type that is given as an argument.
    mutating func take(_ argument: TaskType?) throws {
        guard let argument else { return }
        if let type, type != argument { throw ValidationError("give one type, not both '\(argument)' and '\(type)'") }
        type = argument
    }

    var isEmpty: Bool { type == nil && since == nil && until == nil && text == nil && error == nil }

    var filter: TaskFilter {
        TaskFilter(
            type: type, state: .failed, completedSince: since, completedUntil: until, text: text,
            errorGroup: error.map(ErrorGroup.init(text:)))
    }

    /// A filter of these options with the kind of error as the grid has it: `taskgrid errors` prints dots for characters that cannot be
    /// seen.
    func resolved(_ filter: TaskFilter, _ client: GridClient) async throws -> TaskFilter {
        try await Self.resolved(filter, error: error, client)
    }

    /// The same for a command with options of its own.
    static func resolved(_ filter: TaskFilter, error: String?, _ client: GridClient) async throws -> TaskFilter {
        guard let error, Terminal.mayStandForUnseen(error) else { return filter }
        var filter = filter
        let kinds = try await client.failures(matching: TaskFilter(type: filter.type)).largestFirst.map(\.error)
        filter.errorGroup = group(printedAs: error, among: kinds)
        return filter
    }

    /// The first of the kinds that are printed like this, or else the kind of the text itself.
    static func group(printedAs text: String, among kinds: [String]) -> ErrorGroup {
        let group = ErrorGroup(text: text)
        return kinds.first { ErrorGroup(text: Terminal.plain($0)) == group }.map(ErrorGroup.init(text:)) ?? group
    }

    /// Says that no tasks match, and why that may be.
    static func none(_ words: String, _ filter: TaskFilter) -> String {
        "no \(words)\(filter.errorGroup == nil ? "" : "; 'taskgrid errors --wide' prints the kinds of errors whole")\n"
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
        if let error { words += " with the error \"\(Terminal.plain(error))\"" }
        return words
    }

    func validate() throws {
        if let since, let until, since >= until {
            throw ValidationError("--since \(since) is not before --until \(until): no task can have ended between them")
        }
    }
}
