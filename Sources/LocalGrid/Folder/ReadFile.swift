import TaskGridConfiguration

/// A file of a data folder that processes of the grid read or run. Secrets are none of them: their readers look at them.
struct ReadFile: Hashable, Sendable {
    let path: String
    /// What it holds, for people.
    let content: String

    init(_ path: String, _ content: String) {
        self.path = path
        self.content = content
    }
}

extension GridFolder {
    /// Those of the whole grid; the other files of its broker are read by a node each.
    var readFiles: [ReadFile] {
        let files = BrokerFiles(folder: broker)
        let databases = [ReadFile(store, "the tasks"), ReadFile(history, "the monitor's history")]
        // SQLite reads what was committed last from the second one.
        return databases.flatMap { [$0, ReadFile("\($0.path)-wal", $0.content), ReadFile("\($0.path)-shm", $0.content)] } + [
            ReadFile(gridFile, "the address of the broker"), ReadFile(files.advanced, "the broker's settings"),
            ReadFile(files.plugins, "the plugins that the broker runs"), ReadFile(files.definitions, "the users of the broker"),
            ReadFile(files.rights, "what each user may do"),
        ] + ["\(files.home)/.erlang", "\(files.home)/.config/erlang/.erlang"].map { ReadFile($0, "what Erlang runs when it starts") }
    }
}
