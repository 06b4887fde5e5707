import ArgumentParser
import BuiltinWorkers
import Logging
import Synchronization
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore

extension CompletionKind {
    /// The types of the grid that the command line means.
    static var gridTypes: CompletionKind {
        .custom { _, _, beginning in TypeCompletion.names.withLock { $0 }.filter { $0.hasPrefix(beginning) } }
    }

    /// The ids of the live workers of the grid that the command line means.
    static var gridWorkers: CompletionKind {
        .custom { _, _, beginning in TypeCompletion.workers.withLock { $0 }.filter { $0.hasPrefix(beginning) } }
    }
}

/// The types and the workers that a shell completes: those that the grid knows. If the grid does not answer in time, the types that come
/// with it.
enum TypeCompletion {
    static let names = Mutex(BuiltinWorkers.names)
    static let workers = Mutex<[String]>([])

    /// The first argument of a shell that asks for completions.
    private static let request = "---completion"
    /// How long the broker may take to connect, and the dispatcher to answer: a person waits for the key that was pressed.
    private static let patience = Duration.milliseconds(700)
    /// The options that say which grid is meant.
    private static let options =
        ["--broker", "--broker-password-file", "--grid", "--data", "--prefix", "--config"]
        + ProgramSettings.tlsKeys.map { "--\($0.option)" }

    /// Asks the grid for its types, or its workers, if a shell asks for completions. The parser asks for them without waiting, so they
    /// are learnt before.
    ///
    /// - Parameter arguments: those of the process, without its name.
    static func prepare(_ arguments: [String]) async {
        guard arguments.first == request else { return }
        if arguments.dropFirst().first == WorkerCommand.configuration.commandName {
            guard let known = await asking({ try await $0.workers().map(\.worker.worker) }, gridArguments(arguments)) else { return }
            workers.withLock { $0 = known.sorted() }
        } else {
            guard let known = await asking({ try await $0.counts().keys.map(\.name) }, gridArguments(arguments)) else { return }
            names.withLock { $0 = known.sorted() }
        }
    }

    /// The words of a command line that say which grid is meant.
    static func gridArguments(_ words: [String]) -> [String] {
        words.indices.flatMap { index -> [String] in
            if options.contains(words[index]), index + 1 < words.count { return Array(words[index...index + 1]) }
            return options.contains { words[index].hasPrefix("\($0)=") } ? [words[index]] : []
        }
    }

    /// The names that a service of the grid says; nil where it does not answer.
    private static func asking(_ question: (GridClient) async throws -> [String], _ arguments: [String]) async -> [String]? {
        // A word that is completed has no room for errors.
        let logger = Logger(label: "taskgrid") { _ in SwiftLogNoOpLogHandler() }
        guard let location = try? await GridOptions.parse(arguments).configuration().location() else { return nil }
        let client = GridClient(endpoint: location.endpoint, topology: location.topology, logger: logger, patience: patience)
        guard (try? await client.start(within: patience)) != nil else { return nil }
        let names = try? await question(client)
        await client.close()
        return names
    }
}
