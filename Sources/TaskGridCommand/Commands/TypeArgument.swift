import ArgumentParser
import TaskGridCore

/// The type that a command is about, as an argument or as `--type`.
struct TypeArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Only this type; --type says the same.", valueName: "type"), completion: .gridTypes, transform: Arguments.type)
    var argument: TaskType?
    @Option(
        name: .customLong("type"), help: ArgumentHelp("Only this type.", valueName: "type"), completion: .gridTypes,
        transform: Arguments.type)
    var option: TaskType?

    /// nil: all types.
    var type: TaskType? { argument ?? option }

    func validate() throws {
        if let argument, let option, argument != option {
            throw ValidationError("give one type, not both '\(argument)' and '\(option)'")
        }
    }
}

/// The types that a command names, as arguments or as `--type`.
struct TypeArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The types; --type says the same.", valueName: "type"), completion: .gridTypes, transform: Arguments.type)
    var arguments: [TaskType] = []
    @Option(
        name: .customLong("type"), help: ArgumentHelp("A type; may be repeated.", valueName: "type"), completion: .gridTypes,
        transform: Arguments.type)
    var options: [TaskType] = []

    var types: [TaskType] { arguments + options }

    func validate() throws {
        if types.isEmpty { throw ValidationError("give a type; 'taskgrid types' lists those that the grid knows") }
    }
}
