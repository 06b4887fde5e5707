import ArgumentParser
import BuiltinWorkers
import Foundation
import TaskGridCore

/// The type of the tasks to submit, and where their payloads come from.
struct PayloadOptions: ParsableArguments {
    @Argument(help: "The type of the task, such as reverse.", completion: .list(BuiltinWorkers.names), transform: Arguments.type)
    var type: TaskType

    @Argument(help: "The payload of a single task.")
    var payload: String?

    @Option(
        help: ArgumentHelp(
            "A file with a payload in each line; - for standard input, which is also read where no payload is given and it is no terminal.",
            valueName: "file"
        ),
        completion: .file()
    )
    var file: String?

    func validate() throws {
        if payload != nil, file != nil { throw ValidationError("give a payload or --file, not both") }
        if payload == nil, file == nil, Terminal.isTerminal(STDIN_FILENO) {
            throw ValidationError("give a payload, or --file with one in each line (- for standard input)")
        }
    }

    /// Whether there may be more than one.
    var areMany: Bool { payload == nil }

    /// Gives the payloads, in runs. They are checked before any is given, as far as they can be.
    ///
    /// - Parameters:
    ///   - areFull: the runs depend on the payloads alone, not on how they arrive.
    ///   - maximum: the most bytes of a payload; nil where that is not known.
    func source(
        areFull: Bool = false, maximum: () async -> Int?
    ) async throws(Failure) -> @Sendable () async throws -> PayloadReader.Run? {
        guard let payload else {
            let reader = try PayloadReader(path: file ?? "-", areFull: areFull)
            if let maximum = await maximum() { try await reader.check(maximum: maximum) }
            return { try await reader.next() }
        }
        let single = SinglePayload(Data(payload.utf8))
        return { await single.next() }
    }

    private actor SinglePayload {
        private var payload: Data?

        init(_ payload: Data) { self.payload = payload }

        func next() -> PayloadReader.Run? {
            payload.take().map { PayloadReader.Run(payloads: [$0], share: 1) }
        }
    }
}
