import ArgumentParser
import Foundation
import TaskGridCore

/// The type of the tasks to submit, and where their payloads come from.
struct PayloadOptions: ParsableArguments {
    /// How a command that has these is used, after its name.
    static let usage = "[<options>] <type> [<payload>]"

    // With --type the first argument is the payload.
    @Argument(help: ArgumentHelp("The type of the task, such as reverse; --type says the same.", valueName: "type"), completion: .gridTypes)
    var first: String?
    @Argument(help: ArgumentHelp("The payload of a single task.", valueName: "payload"))
    var second: String?
    @Option(name: .customLong("type"), help: "The type of the task.", completion: .gridTypes, transform: Arguments.type)
    var typeOption: TaskType?

    @Option(
        help: ArgumentHelp(
            "A file with a payload in each line; - for standard input, which is also read where no payload is given and it is no terminal.",
            valueName: "file"
        ),
        completion: .file()
    )
    var file: String?

    @Option(
        help: ArgumentHelp("A file that is the payload of a single task, as it is; - for standard input.", valueName: "file"),
        completion: .file()
    )
    var payloadFile: String?

    /// Set by `validate`.
    private(set) var type = TaskType(literal: "unknown")
    /// The payload of a single task, where it is an argument.
    private(set) var payload: String?

    private enum CodingKeys: CodingKey {
        case first, second, typeOption, file, payloadFile
    }

    mutating func validate() throws {
        if let typeOption {
            type = typeOption
            if let first, second != nil {
                let what = first == typeOption.name ? "give the type once" : "give one payload, not both '\(first)' and '\(second ?? "")'"
                throw ValidationError(what)
            }
            payload = first
        } else {
            guard let first else { throw ValidationError("give a type, such as reverse, and a payload") }
            type = try Arguments.type(first)
            payload = second
        }
        let given = [payload == nil ? nil : "a payload", file == nil ? nil : "--file", payloadFile == nil ? nil : "--payload-file"]
        let sources = given.compactMap(\.self)
        if sources.count > 1 { throw ValidationError("give \(sources.joined(separator: " or ")), not both") }
        if sources.isEmpty, Terminal.isTerminal(STDIN_FILENO) {
            throw ValidationError("give a payload, --payload-file, or --file with one in each line (- for standard input)")
        }
    }

    /// Whether there may be more than one.
    var areMany: Bool { payload == nil && payloadFile == nil }

    /// Gives the payloads, in runs. They are checked before any is given, as far as they can be.
    ///
    /// - Parameters:
    ///   - areFull: the runs depend on the payloads alone, not on how they arrive.
    ///   - maximum: the most bytes of a payload; nil where that is not known.
    func source(
        areFull: Bool = false, maximum: () async -> Int?
    ) async throws(Failure) -> @Sendable () async throws -> PayloadReader.Run? {
        let single: SinglePayload
        if let payload {
            single = SinglePayload(Data(payload.utf8))
        } else if let payloadFile {
            single = SinglePayload(try await PayloadFile(path: payloadFile).read(maximum: await maximum()))
        } else {
            let reader = try PayloadReader(path: file ?? "-", areFull: areFull)
            if let maximum = await maximum() { try await reader.check(maximum: maximum) }
            return { try await reader.next() }
        }
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
