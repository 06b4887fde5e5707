import Foundation
import Monitor
import TaskGridClient
import TaskGridCore

/// A bulk action of the command line: counts, asks, starts it and follows it to its end.
struct BulkRun {
    let kind: BulkAction.Kind
    let filter: TaskFilter
    /// The tasks in words, such as `failed tasks of type sum`.
    let words: String
    /// How many tasks are expected; nil: as many as match now.
    let expected: Int?
    let asksFirst: Bool
    let json: Bool

    /// After how many looks at the action, four in a second, it is told that the action needs this command no more.
    private static let looksBeforeHint = 4

    func run(_ client: GridClient) async throws {
        guard let meant = kind.meant(filter) else { throw Failure(.failed, "--state: \(kind.states)") }
        let count: Int
        if let expected { count = expected } else { count = try await client.count(matching: meant) }
        guard count > 0 else {
            try await KnownTypes(client).check(filter.type)
            return Terminal.tell(FilterOptions.none(words, filter))
        }
        guard !asksFirst || confirm(count) else {
            Terminal.tell("nothing was done\n")
            throw Failure(.failed, nil)
        }
        var action = try await client.startBulk(kind, matching: filter, expected: count)
        let progress = ProgressBar(kind.participle, isWanted: count > ListOptions.screenful)
        var shown = 0
        var looks = 0
        while action.state == .running {
            try await Task.sleep(for: .milliseconds(250))
            guard let now = try await client.bulkAction(action.id) else { break }
            action = now
            let looked = action.done + action.refused
            progress.advance(by: looked - shown, failed: 0, share: Double(looked - shown) / Double(count))
            shown = looked
            looks += 1
            guard looks == Self.looksBeforeHint, action.state == .running else { continue }
            await progress.hidden {
                Terminal.tell("The dispatcher goes on if this command ends: 'taskgrid bulk' shows how far it is, and stops it.\n")
            }
        }
        progress.clear()
        if json {
            try await Output.standard.line(JSON.encode(BulkActionReport(action)))
        } else {
            let left = action.state == .exceeded ? try await client.count(matching: meant) : nil
            try await Output.standard.line(Self.sentence(action, left: left))
        }
        guard action.state == .finished, action.refused == 0 else { throw Failure(.failed, nil) }
    }

    /// What became of an action; `left` is how many tasks match and were not changed, where that is known.
    static func sentence(_ action: BulkAction, left: Int? = nil) -> String {
        var sentence = "\(CommandOutcomeReport.tasks(action.done)) \(action.kind.done)"
        if action.refused > 0 { sentence += ", \(Terminal.grouped(action.refused)) \(action.kind.undone): their state has changed" }
        switch action.state {
        case .running, .finished: break
        case .stopped: sentence += "; stopped on request"
        case .exceeded:
            sentence += "; stopped, because more tasks match than the \(Terminal.grouped(action.expected)) that were expected: "
            sentence += left.map { "\(Terminal.grouped($0)) that match are left" } ?? "the others are left as they are"
        }
        return sentence
    }

    /// Asks the person at the terminal.
    private func confirm(_ count: Int) -> Bool {
        Terminal.tell("\(kind.verb) the \(Terminal.grouped(count)) \(words)? [y/N] ")
        return ["y", "yes"].contains((readLine() ?? "").trimmingCharacters(in: .whitespaces).lowercased())
    }
}
