import Chaos
import Foundation
import LocalGrid
import TestSupport
import Testing

@Suite("The plan of faults")
struct FaultPlanTests {
    private func wishes(_ generator: inout Seeded) -> FaultPlan.Wishes {
        FaultPlan.Wishes(
            faults: Set(Fault.allCases.filter { _ in generator.coin() }), duration: .seconds(generator.number(0...300)),
            every: .milliseconds(generator.number(100...20_000)), workers: (1...generator.number(1...5)).map { "worker-\($0)" },
            nodes: (1...generator.number(1...3)).map { "broker-\($0)" },
            dispatchers: ["dispatcher", "dispatcher-2"].suffix(generator.number(1...2))
        )
    }

    @Test func `is a function of its seed and what is wished`() {
        forAll { generator, seed in
            let (wishes, number) = (wishes(&generator), generator.next())
            #expect(FaultPlan(seed: number, wishes).entries == FaultPlan(seed: number, wishes).entries, seed)
        }
    }

    @Test func `differs from seed to seed`() {
        let wishes = FaultPlan.Wishes(
            faults: Set(Fault.allCases), duration: .seconds(60), every: .seconds(1), workers: ["worker-1", "worker-2"]
        )
        #expect(Set((0..<50).map { FaultPlan(seed: $0, wishes).entries }).count == 50)
    }

    @Test func `has the faults wished and no others, within its time, in order, and never two at once`() {
        forAll { generator, seed in
            let wishes = wishes(&generator)
            var last = Duration.zero
            for entry in FaultPlan(seed: generator.next(), wishes).entries {
                #expect(wishes.faults.contains(entry.injection.fault), seed)
                #expect(entry.at >= last + .milliseconds(100) && entry.at < wishes.duration, seed)
                last = entry.at
                if let time = entry.injection.time { #expect(entry.at + time <= wishes.duration, seed) }
            }
        }
    }

    @Test func `has each kind as often as any other, or once more`() {
        forAll { generator, seed in
            let wishes = wishes(&generator)
            let counts = Dictionary(grouping: FaultPlan(seed: generator.next(), wishes).entries, by: \.injection.fault).mapValues(\.count)
            let all = wishes.faults.map { counts[$0] ?? 0 }
            #expect((all.max() ?? 0) - (all.min() ?? 0) <= 1, seed)
        }
    }

    @Test func `meets only who is there`() {
        forAll { generator, seed in
            let wishes = wishes(&generator)
            for entry in FaultPlan(seed: generator.next(), wishes).entries {
                switch entry.injection {
                case .kill(.worker, let process): #expect(wishes.workers.contains(process), seed)
                case .kill(.node, let process): #expect(wishes.nodes.contains(process), seed)
                case .kill(.dispatcher, let process) where wishes.dispatchers.count > 1: #expect(wishes.dispatchers.contains(process), seed)
                case .kill(let fault, let process): #expect(process == fault.rawValue, seed)
                case .cut(let party, _), .stall(let party, _, _): #expect(wishes.parties.contains(party), seed)
                case .part(let node, let time):
                    #expect((1...wishes.nodes.count).contains(node), seed)
                    #expect(entry.at + time <= wishes.duration, seed)
                case .killBroker, .wipe, .purge, .exchange, .database, .refuse: break
                }
                #expect(!entry.injection.words.isEmpty, seed)
            }
        }
    }

    @Test func `does all that can happen to a database, and says each in other words`() {
        let wishes = FaultPlan.Wishes(faults: [.database], duration: .seconds(10_000), every: .seconds(5), workers: ["worker"])
        let faults = FaultPlan(seed: 1, wishes).entries.compactMap { entry in
            if case .database(let fault) = entry.injection { fault } else { nil }
        }
        #expect(faults.contains(.kill) && faults.contains(.endSessions))
        #expect(Set(faults.compactMap { if case .cut(let manner) = $0 { manner } else { nil } }).count == 4)
        let frozen = faults.compactMap { if case .freeze(let time) = $0 { time } else { nil } }
        // Some outlast the 30 s for which the dispatcher waits for an answer.
        #expect(frozen.contains { $0 > .seconds(30) } && frozen.contains { $0 < .seconds(8) })
        #expect(Set(faults.compactMap { if case .stall(let directions, _) = $0 { directions } else { nil } }).count == 3)
        let words = Set(faults.map { Injection.database($0).words.prefix { !$0.isNumber } })
        // Three ways of stalling, four of cutting.
        #expect(words.count == 10, "\(words)")
    }

    @Test(arguments: [1, 3], [false, true])
    func `all faults are those that the grid's parts allow`(nodes: Int, hasDatabase: Bool) {
        let all = Fault.all(nodes: nodes, hasDatabase: hasDatabase)
        #expect(all.contains(.database) == hasDatabase)
        #expect(all.contains(.node) == (nodes > 1) && all.contains(.part) == (nodes > 1))
        #expect(all.count == Fault.allCases.count - (hasDatabase ? 0 : 1) - (nodes > 1 ? 0 : 2))
    }

    @Test func `the dispatcher that is killed is shown with its part, where that is known`() {
        let injection = Injection.kill(.dispatcher, process: "dispatcher-2")
        #expect(injection.words(.active) == "kill dispatcher-2, the active one")
        #expect(injection.words(.standby) == "kill dispatcher-2, which stands by")
        #expect(injection.words(nil) == "kill dispatcher-2")
    }

    @Test func `comes as often as is wished, on the average`() {
        forAll(20) { generator, seed in
            let wishes = FaultPlan.Wishes(faults: [.worker], duration: .seconds(10_000), every: .seconds(5), workers: ["worker"])
            let count = FaultPlan(seed: generator.next(), wishes).entries.count
            // 2000 accidents have a standard deviation of 45.
            #expect((1750...2250).contains(count), "\(seed): \(count)")
        }
    }

    @Test(arguments: Fault.allCases) func `names of faults are read, and others refused`(fault: Fault) throws {
        #expect(try Fault.read(fault.rawValue) == [fault])
        #expect(try Fault.read("all,\(fault.rawValue)") == Set(Fault.allCases))
        #expect(throws: UnknownFault.self) { try Fault.read("\(fault.rawValue),") }
        #expect(throws: UnknownFault.self) { try Fault.read("\(fault.rawValue)s") }
    }
}
