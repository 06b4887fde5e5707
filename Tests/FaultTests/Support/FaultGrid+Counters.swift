import AMQP
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// The assertion of every test of this target: each accepted task has ended once.
extension FaultGrid {
    static let fault = TaskType(literal: "fault")

    /// Submits payloads, a few a message, so that acceptance takes many turns of the dispatcher.
    func submit(
        _ payloads: [String], each: Int = 5, type: TaskType? = nil, options: TaskOptions = TaskOptions(deadline: .seconds(200))
    ) async throws -> [Submitted] {
        let type = type ?? Self.fault
        var submitted: [Submitted] = []
        for start in stride(from: 0, to: payloads.count, by: each) {
            let part = payloads[start..<min(start + each, payloads.count)].map { Data($0.utf8) }
            submitted.append(try await client.submitAndWatch(type, payloads: part, options: options, within: .seconds(240)))
        }
        return submitted
    }

    /// Waits until every task accepted has ended, and checks by id that each has one end, the same for whoever asks and told once,
    /// and that the dispatcher's counters count as many submissions and ends as there were.
    ///
    /// - Parameters:
    ///   - heard: what an earlier call returned: the client tells each ending once.
    ///   - repeats: the dispatcher may have told an end again, word for word, since its connection broke before the broker's
    ///     confirm.
    @discardableResult
    func settle(
        _ submitted: [Submitted], heard: [TaskID: Ending] = [:], repeats: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [TaskID: Ending] {
        var endings = heard
        for submitted in submitted {
            for try await ending in submitted.endings { endings[ending.id] = ending }
        }
        let ids = submitted.flatMap(\.ids)
        #expect(Set(ids).count == ids.count, "an id was given twice", sourceLocation: sourceLocation)
        #expect(Set(endings.keys) == Set(ids), sourceLocation: sourceLocation)
        // Again, from the store.
        for try await ending in client.endings(of: ids, within: .seconds(60)) {
            let told = endings[ending.id]
            #expect(told?.state == ending.state, "task \(ending.id) has two ends", sourceLocation: sourceLocation)
            #expect(told?.result == ending.result, "task \(ending.id) has two results", sourceLocation: sourceLocation)
        }
        // The client looks only at the ending that it heard first.
        let told = told
        for id in ids {
            let ends = told[id] ?? []
            let count = repeats ? Set(ends).count : ends.count
            #expect(count <= 1, "task \(id) was told to have ended as \(ends)", sourceLocation: sourceLocation)
        }
        let counters = try await counters()
        #expect(counters.submitted == ids.count, sourceLocation: sourceLocation)
        #expect(counters.ended == ids.count, sourceLocation: sourceLocation)
        #expect(counters.balances, sourceLocation: sourceLocation)
        return endings
    }

    /// Submits a task, and expects that the store refuses it with words of which one is `word`.
    func expectRejection(_ payload: Data, _ word: String) async throws {
        let error = await #expect(throws: ClientError.self) {
            try await client.submit(Self.fault, payload: payload, options: TaskOptions(deadline: .seconds(30)))
        }
        #expect(error?.code == .rejected)
        #expect(error?.rejection?.code == .storeUnavailable)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        // A client learns nothing of the place of the store.
        for place in ["127.0.0.1", ".sqlite", "postgresql:"] { #expect(error?.message.contains(place) == false) }
    }

    /// Every end that the client was told of, by task.
    private var told: [TaskID: [Ending]] {
        var told: [TaskID: [Ending]] = [:]
        for delivery in probe.heard.entries where delivery.exchange == topology.reply.name {
            // An answer to a query tells of no end by itself.
            guard let reply = try? Reply(delivery.message), case .ended(let endings) = reply.content else { continue }
            for ending in endings { told[ending.id, default: []].append(ending) }
        }
        return told
    }

    /// The dispatcher's counters, all types together.
    func counters() async throws -> TaskCounts {
        try await client.counts().values.reduce(TaskCounts(), +)
    }

    /// Waits until a service's log has a text.
    func logged(_ service: String, _ text: String) async throws {
        // A service that is just being started has no log yet.
        try await until { (try? String(contentsOfFile: file("\(service).log"), encoding: .utf8).contains(text)) ?? false }
    }

    /// Looks again after everything that the grid says (heartbeats come each second) until it is as wanted.
    func until(_ isAsWanted: () async throws -> Bool) async throws {
        while true {
            let before = probe.heard.count
            if try await isAsWanted() { return }
            try await probe.heard.wait(beyond: before)
        }
    }
}

extension TaskCounts {
    /// Tasks in a terminal state.
    var ended: Int { succeeded + failed + cancelled + expired }
}

/// Prints what was measured, for the table in `Faults.md`.
func report(_ fault: String, _ duration: Duration) {
    print("measured: \(fault): \(duration.formatted(.units(allowed: [.seconds, .milliseconds], width: .narrow, maximumUnitCount: 2)))")
}
