import ArgumentParser

/// The record of a grid's tasks: checks it, and moves it.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Check the store of the tasks, and move it to PostgreSQL.",
        usage: "taskgrid store (check | copy)",
        discussion: """
            Both read and write the store itself: a file of this machine, or a database.
            They need no broker.
            """,
        subcommands: [StoreCheckCommand.self, StoreCopyCommand.self]
    )
}
