package import Foundation
import TaskGridClient
package import TaskGridCore

/// The tasks of a chaos run, by their numbers: submitted, accepted, ended, and whatever contradicts itself.
///
/// Pure: it is told what happens, from three sides: the client's answers, all replies as they are on the wire, and in the end
/// the store's own records.
package struct ChaosLedger: Sendable {
    /// Why a submission was not accepted.
    package struct RefusedSubmission: Hashable, Sendable, Codable {
        package let number: Int
        package let reason: String
    }

    private struct Entry {
        var id: TaskID?
        var end: Ending?
        var refusal: String?
    }

    private var entries: [Int: Entry] = [:]
    private var numbers: [TaskID: Int] = [:]
    /// Ends that were on the wire, the first of each task.
    private var heard: [TaskID: Ending] = [:]
    /// Tasks of which two different ends were seen.
    package private(set) var endedTwice: Set<TaskID> = []
    /// Ids that were given to two numbers, or numbers that got two ids.
    package private(set) var acceptedTwice: Set<TaskID> = []

    package init() {}

    // MARK: Events

    package mutating func submitted(_ number: Int) { entries[number] = entries[number] ?? Entry() }

    package mutating func accepted(_ number: Int, as id: TaskID) {
        if numbers[id].map({ $0 != number }) ?? false { acceptedTwice.insert(id) }
        if let other = entries[number]?.id, other != id { acceptedTwice.insert(id) }
        numbers[id] = number
        entries[number, default: Entry()].id = id
    }

    /// Not accepted, and that is certain.
    package mutating func refused(_ number: Int, _ reason: String) { entries[number, default: Entry()].refusal = reason }

    /// An end that the client learned.
    package mutating func ended(_ ending: Ending) {
        guard let number = numbers[ending.id] else { return }
        if let end = entries[number]?.end, end.contradicts(ending) { endedTwice.insert(ending.id) }
        if let other = heard[ending.id], other.contradicts(ending) { endedTwice.insert(ending.id) }
        if entries[number]?.end == nil { entries[number]?.end = ending }
    }

    /// An end that was on the wire, perhaps before the task's acceptance was known.
    package mutating func heard(_ ending: Ending) {
        if let other = heard[ending.id] {
            // Replies carry the attempt that ended the task: two attempts are two ends.
            if other.contradicts(ending) || other.attempt != ending.attempt { endedTwice.insert(ending.id) }
        } else {
            heard[ending.id] = ending
        }
        if let end = numbers[ending.id].flatMap({ entries[$0]?.end }), end.contradicts(ending) { endedTwice.insert(ending.id) }
    }

    // MARK: Figures

    package var submitted: Int { entries.count }
    package var accepted: Int { numbers.count }
    package var ended: Int { entries.values.count { $0.end != nil } }
    package var acceptedIDs: [TaskID] { numbers.keys.sorted() }
    /// Accepted, and no end is known.
    package var lost: [TaskID] { numbers.filter { entries[$0.value]?.end == nil }.keys.sorted() }
    package var refusals: [RefusedSubmission] {
        entries.compactMap { number, entry in entry.refusal.map { RefusedSubmission(number: number, reason: $0) } }.sorted {
            $0.number < $1.number
        }
    }
    /// Neither accepted nor refused: nobody has answered.
    package var unanswered: [Int] { entries.filter { $0.value.id == nil && $0.value.refusal == nil }.keys.sorted() }

    /// How many ended in a state; those that failed as poison are counted apart.
    package func ended(_ state: TaskState) -> Int { entries.values.count { $0.end?.state == state && $0.end?.isPoison == false } }
    package var poisoned: Int { entries.values.count { $0.end?.isPoison == true } }

    /// Tasks that succeeded with something else than their answer, or without having been executed.
    package func wrong(answer: (Int) -> Data, executions: [Int: Int]) -> [TaskID] {
        entries.compactMap { number, entry in
            guard let end = entry.end, end.state == .succeeded else { return nil }
            return end.result == answer(number) && executions[number] ?? 0 > 0 ? nil : end.id
        }.sorted()
    }
}

extension Ending {
    var isPoison: Bool { state == .failed && error?.code == .poison }

    /// Whether one task cannot have ended both ways.
    func contradicts(_ other: Ending) -> Bool { state != other.state || result != other.result }
}
