import Foundation
import LocalGrid

/// The plan of the faults and their times: a pure function of a seed and the configuration.
///
/// Each kind of fault comes once in a round, in an order of the round's own, so that even a short run has all of them. The
/// times between faults are exponentially distributed, as those of independent accidents are.
package struct FaultPlan: Sendable {
    package struct Wishes: Hashable, Sendable {
        package var faults: Set<Fault>
        package var duration: Duration
        /// The mean time from one fault to the next.
        package var every: Duration
        /// The processes of the workers.
        package var workers: [String]
        /// The processes of the broker's nodes.
        package var nodes: [String]
        /// The processes of the dispatchers.
        package var dispatchers: [String]

        package init(
            faults: Set<Fault>, duration: Duration, every: Duration, workers: [String], nodes: [String] = ["broker"],
            dispatchers: [String] = ["dispatcher"]
        ) {
            self.faults = faults
            self.duration = duration
            self.every = every
            self.workers = workers
            self.nodes = nodes
            self.dispatchers = dispatchers
        }

        /// The processes whose connections can be cut and stalled.
        package var parties: [String] { ["client"] + dispatchers + ["nameservice", "monitor"] + workers }
    }

    package struct Entry: Hashable, Sendable {
        /// From the start of the run.
        package let at: Duration
        package let injection: Injection
    }

    /// In the order of their times.
    package let entries: [Entry]

    package init(seed: UInt64, _ wishes: Wishes) {
        var generator = SplitMix64(seed: seed)
        let kinds = wishes.faults.sorted { $0.rawValue < $1.rawValue }
        var entries: [Entry] = []
        var round: [Fault] = []
        var time = Duration.zero
        while !kinds.isEmpty {
            time += Self.pause(wishes.every, &generator)
            guard time < wishes.duration else { break }
            if round.isEmpty { round = kinds.shuffled(using: &generator) }
            let injection = Self.injection(round.removeLast(), wishes, until: wishes.duration - time, using: &generator)
            entries.append(Entry(at: time, injection: injection))
        }
        self.entries = entries
    }

    /// Between 100 ms and four times the mean, because two faults at once are one.
    private static func pause(_ mean: Duration, _ generator: inout SplitMix64) -> Duration {
        let factor = -log(1 - Double.random(in: 0..<1, using: &generator))
        return max(.milliseconds(100), mean * min(4, factor))
    }

    private static func injection(
        _ fault: Fault, _ wishes: Wishes, until end: Duration, using generator: inout SplitMix64
    ) -> Injection {
        func one<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &generator)] }
        func stall(long: ClosedRange<Double>) -> Duration {
            let isLong = Int.random(in: 0..<5, using: &generator) == 0
            let seconds = Double.random(in: isLong ? long : 0.5...8, using: &generator)
            return min(end, .milliseconds(Int(seconds * 1000)))
        }
        func directions() -> Set<Proxy.Direction> { one([Set(Proxy.Direction.allCases), [.towardBroker], [.towardClient]]) }
        func manner() -> Injection.Manner { one([.finish, .reset, .midFrame(.towardBroker), .midFrame(.towardClient)]) }
        switch fault {
        case .worker: return .kill(.worker, process: one(wishes.workers))
        case .dispatcher where wishes.dispatchers.count > 1: return .kill(.dispatcher, process: one(wishes.dispatchers))
        case .dispatcher, .nameservice, .monitor: return .kill(fault, process: fault.rawValue)
        case .broker: return .killBroker
        case .node: return .kill(.node, process: one(wishes.nodes))
        case .part:
            // Longer than a node takes to see that it is alone.
            let seconds = Double.random(in: 5...15, using: &generator)
            return .part(node: one(Array(1...wishes.nodes.count)), for: min(end, .milliseconds(Int(seconds * 1000))))
        case .wipe: return .wipe
        case .exchange: return .exchange(one(Injection.RoutingFault.allCases))
        case .refuse: return .refuse
        case .cut:
            return .cut(party: one(wishes.parties), manner())
        case .stall:
            // One in five outlasts the heartbeats, after which both sides think each other gone.
            let time = stall(long: 21...28)
            let way = directions()
            return .stall(party: one(wishes.parties), way, for: time)
        case .database:
            // One in five of those that last outlasts the dispatcher's patience with an answer.
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: return .database(.kill)
            case 1: return .database(.freeze(for: stall(long: 31...36)))
            case 2: return .database(.endSessions)
            case 3: return .database(.cut(manner()))
            default:
                let time = stall(long: 31...36)
                return .database(.stall(directions(), for: time))
            }
        case .purge:
            // Most of what a broker holds is work.
            return .purge(one([.purgeWork, .purgeWork, .deleteWork, .purgeResults, .purgeSubmissions]))
        }
    }
}
