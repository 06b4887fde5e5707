import ArgumentParser
import Foundation
import TaskGridCore

/// The ids of tasks, or `-` for those that standard input has, one a line.
struct TaskIDArguments: ParsableArguments {
    enum Source: Hashable {
        case id(TaskID)
        case standardInput
    }

    @Argument(
        help: ArgumentHelp("Ids of tasks; - reads more of them from standard input, one a line.", valueName: "id"),
        transform: { $0 == "-" ? .standardInput : .id(try Arguments.id($0)) }
    )
    var sources: [Source] = []

    var isEmpty: Bool { sources.isEmpty }

    /// Gives the ids, some hundreds at a time, with how much of the whole they are where that is known.
    func forEachPart(_ body: ([TaskID], Double?) async throws -> Void) async throws {
        let ids = sources.compactMap { if case .id(let id) = $0 { id } else { nil } }
        let readsMore = sources.contains(.standardInput)
        if !ids.isEmpty { try await body(ids, readsMore ? nil : 1) }
        guard readsMore else { return }
        let reader = try PayloadReader(path: "-")
        var line = 0
        while let run = try await reader.next() {
            var part: [TaskID] = []
            for text in run.payloads.map({ String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces) }) {
                line += 1
                guard !text.isEmpty else { continue }
                guard let id = TaskID(text) else {
                    throw Failure(.failed, "line \(line) of standard input, '\(Terminal.plain(String(text.prefix(40))))', is no task id")
                }
                part.append(id)
            }
            if !part.isEmpty { try await body(part, run.share) }
        }
    }
}
