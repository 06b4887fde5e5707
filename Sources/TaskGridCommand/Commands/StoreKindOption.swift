import ArgumentParser

/// The store of a grid that a command starts: a file, or a PostgreSQL of the grid's own.
struct StoreKindOption: ParsableArguments {
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case sqlite, postgresql
    }

    @Option(
        help: ArgumentHelp(
            "Where the tasks are: sqlite, a file, by default; postgresql, a private PostgreSQL, which has to be installed.",
            valueName: "kind"))
    var store: Kind?

    var usesDatabase: Bool { store == .postgresql }
}
