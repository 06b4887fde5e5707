import AMQP
import Foundation
import LocalGrid
import ServiceSupport
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("SIGKILL at the hand-over points", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct FailpointTests {
    @Test(arguments: [
        Failpoint.submissionReceived, .storeTransaction, .submissionCommitted, .workPublished, .resultReceived, .resultCommitted,
        .replyPublished, .retryCommitted,
    ]) func `a dispatcher killed at a hand-over or in a transaction loses and repeats nothing`(_ failpoint: Failpoint) async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start(dispatcher: (failpoint, 3))
            let payloads = (0..<60).map { $0 % 6 == 0 ? "fail-first" : "\($0)" }
            let submitted = try await grid.submit(payloads)
            let endings = try await grid.settle(submitted)
            try await expectOneDeath(dispatcher, failpoint)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            // Tasks that the worker has done are not done again: its results wait for the next dispatcher.
            for (id, payload) in zip(submitted.flatMap(\.ids), payloads) {
                let attempts = grid.runs.attempts[id] ?? []
                // Its first attempt may have been lost on its way, and then it does not fail.
                let runs = payload == "fail-first" && attempts.first == 1 ? 2 : 1
                #expect(attempts.count == runs && Set(attempts).count == runs, "task \(id) '\(payload)' ran as \(attempts)")
            }
        }
    }

    /// Tasks wait in the store: more than the window holds, and later those that failed once.
    @Test func `a dispatcher killed as it takes waiting tasks from the store loses none`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start(dispatcher: (.waitingTaken, 2))
            let payloads = (0..<300).map { $0 % 10 == 0 ? "fail-first" : "\($0)" }
            let endings = try await grid.settle(try await grid.submit(payloads, each: 100))
            try await expectOneDeath(dispatcher, .waitingTaken)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
        }
    }

    /// It dies between becoming the active one and reading its store, with tasks under way that another one accepted.
    @Test func `a dispatcher killed as it takes over loses nothing`() async throws {
        try await FaultGrid.run { grid in
            let (first, _) = try await grid.start()
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit(Array(repeating: hold.payload, count: 20))
            try await first.kill(restarts: false)
            hold.release()
            let second = grid.launch(.dispatcher, named: "second", failpoint: .dispatcherActive)
            try await grid.settle(submitted)
            try await expectOneDeath(second, .dispatcherActive)
        }
    }

    enum Command: CaseIterable, Sendable { case cancel, retry, pause }

    /// The next dispatcher gets the command again, which is done once, and answers it.
    @Test(arguments: Command.allCases) func `an admin command is done once though the dispatcher is killed before it answers`(
        _ command: Command
    ) async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start(dispatcher: (.commandCommitted, 1))
            switch command {
            case .cancel:
                let submitted = try await grid.submit(["sleep 60", "sleep 60"])
                try await grid.runs.begun(2)
                let outcomes = try await grid.client.cancel(submitted.flatMap(\.ids))
                #expect(outcomes.allSatisfy { $0.outcome == .refused && $0.state == .cancelled || $0.outcome == .done })
                #expect(try await grid.settle(submitted).values.allSatisfy { $0.state == .cancelled })
            case .retry:
                let submitted = try await grid.submit(
                    ["fail-first"], options: TaskOptions(TaskSettings(maxAttempts: 1), deadline: .seconds(60)))
                let id = submitted[0].ids[0]
                #expect(try await grid.client.outcome(of: id, within: .seconds(60)).state == .failed)
                let outcomes = try await grid.client.retry([id])
                #expect(outcomes.map(\.id) == [id])
                try await grid.until { try await grid.counters().succeeded == 1 }
                // Once more. The dispatcher that died may have handed out a number that no worker ever saw.
                let attempts = try #require(grid.runs.attempts[id])
                #expect(attempts == [1, 2] || attempts == [1, 3])
                #expect(grid.runs.attempts.count == 1)
                let counters = try await grid.counters()
                #expect(counters.submitted == 1 && counters.balances)
            case .pause:
                _ = try await grid.client.pause([FaultGrid.fault])
                #expect(try await grid.client.ask(CountsQuery()).paused == [FaultGrid.fault])
                let submitted = try await grid.submit(["waits"])
                #expect(try await grid.client.resume([FaultGrid.fault]).map(\.outcome) == [.done])
                #expect(try await grid.settle(submitted).values.allSatisfy { $0.state == .succeeded })
            }
            try await expectOneDeath(dispatcher, .commandCommitted)
        }
    }

    @Test(arguments: [Failpoint.drainBegun, .givenBack]) func `a worker killed while it drains loses no task`(_ failpoint: Failpoint)
        async throws
    {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let worker = grid.launchWorker(failpoint: failpoint)
            try await worker.ready()
            try await grid.knows(FaultGrid.fault)
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit(Array(repeating: hold.payload, count: 12), each: 1)
            try await grid.probe.heard.first { delivery in
                (try? RegistryMessage.decode(delivery.message)).flatMap { $0.1.running.count == 4 && $0.1.waiting.count > 2 ? () : nil }
            }
            try await grid.launchWorker(named: "other").ready()
            #expect(try await worker.stop().ending == .signalled(SIGKILL))
            hold.release()
            let endings = try await grid.settle(submitted)
            try await expectOneDeath(worker, failpoint)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
        }
    }

    @Test(arguments: [Failpoint.deliveryReceived, .runBegun, .runEnded, .resultConfirmed])
    func `a worker killed at a hand-over loses no task`(_ failpoint: Failpoint) async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let worker = grid.launchWorker(failpoint: failpoint, pass: 3)
            try await worker.ready()
            try await grid.knows(FaultGrid.fault)
            let endings = try await grid.settle(try await grid.submit((0..<60).map(String.init)))
            try await expectOneDeath(worker, failpoint)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
        }
    }

    /// A task that was interrupted once is announced; its worker dies between the announcement and the run, which takes a second
    /// life from the task, but not the third.
    @Test func `a worker killed between announcement and run does not make its task poison`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let worker = grid.launchWorker(failpoint: .startAnnounced)
            try await worker.ready()
            try await grid.knows(FaultGrid.fault)
            let submitted = try await grid.submit(["hang-first"])
            try await grid.runs.begun(1)
            let other = grid.launchWorker(named: "other", failpoint: .startAnnounced)
            try await other.ready()
            try await worker.kill(restarts: false)
            let endings = try await grid.settle(submitted)
            try await expectOneDeath(other, .startAnnounced)
            #expect(endings.values.map(\.state) == [.succeeded])
        }
    }

    @Test func `a killed nameservice learns all workers from their next heartbeats`() async throws {
        try await FaultGrid.run { grid in
            let nameservice = grid.launch(.nameservice, failpoint: .registryReceived, pass: 3)
            try await nameservice.ready()
            _ = try await grid.start()
            let submitted = try await grid.submit((0..<60).map(String.init))
            let death = try await nameservice.ended()
            #expect(death.ending == .signalled(SIGKILL))
            try await nameservice.ready(2)
            try await grid.until { try await grid.client.workers().count == 1 }
            report("SIGKILL of the nameservice, until it knows all workers again", .now - death.at)
            try await grid.settle(submitted)
        }
    }

    @Test func `a killed monitor shows the same numbers after its restart`() async throws {
        try await FaultGrid.run { grid in
            let monitor = grid.launch(.monitor, failpoint: .eventReceived, pass: 3)
            try await monitor.ready()
            _ = try await grid.start()
            try await grid.settle(try await grid.submit((0..<60).map(String.init)))
            let death = try await monitor.ended()
            #expect(death.ending == .signalled(SIGKILL))
            try await monitor.ready(2)
            report("SIGKILL of the monitor, until it listens again", .now - death.at)
        }
    }

    /// Its submission is repeated with the same key, as a script would do.
    @Test(arguments: [Failpoint.submissionPublished, .answerReceived])
    func `a submission repeated with the same key after its client was killed is accepted once`(_ failpoint: Failpoint) async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            // Its answer may overtake the broker's confirm, and is kept back.
            if failpoint == .submissionPublished { try await dispatcher.kill(restarts: false) }
            let client = grid.launchClient(["submit", "fault", "payload", "--key", "order-17"], failpoint: failpoint)
            let death = try await client.ended()
            #expect(death.ending == .signalled(SIGKILL))
            if failpoint == .submissionPublished { try await grid.launch(.dispatcher, named: "again").ready() }
            #expect(try await client.ended(2).ending == .exited(code: 0))
            report("SIGKILL at \(failpoint.rawValue), until the repeated submission is answered", .now - death.at)
            let printed = try String(contentsOfFile: grid.file("client.log"), encoding: .utf8).split(separator: "\n")
            let task = try #require(printed.last.flatMap { TaskID(String($0)) })
            #expect(try await grid.client.outcome(of: task, within: .seconds(60)).state == .succeeded)
            #expect(try await grid.counters().submitted == 1)
            #expect(grid.runs.attempts == [task: [1]])
        }
    }

    private func expectOneDeath(_ service: Service, _ failpoint: Failpoint) async throws {
        let (ending, at) = try await service.ended()
        #expect(ending == .signalled(SIGKILL))
        #expect(service.endings.count == 1)
        report("SIGKILL at \(failpoint.rawValue), until all has ended", .now - at)
    }
}
