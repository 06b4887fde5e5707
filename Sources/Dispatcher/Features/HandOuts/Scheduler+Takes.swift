import TaskGridCore
import TaskStore

/// How much of what waits one turn takes from the store: one budget for all types, shared fairly.
extension Scheduler {
    /// The most tasks and bytes of payload that a turn takes, and of how many types.
    private static let budget = (tasks: 5000, bytes: 8 << 20, types: 250)

    /// Asks the store for more work where types have room, in turns: a type that got nothing is the first in the next one.
    func planTakes(in turn: inout Turn) {
        typeQueues.examine(at: turn.now)
        var takers: [TypeQueue] = []
        var rooms: [Int] = []
        for _ in 0..<min(typeQueues.readyCount, Self.reach) {
            guard takers.count < Self.budget.types, let typeQueue = typeQueues.popReady() else { break }
            // Since it came here it may have been paused, or have lost its workers.
            guard Admission.mayHandOut(typeQueue, at: turn.now) else { continue }
            advanceAdmission(of: typeQueue, in: &turn)
            let room = admission.take(from: typeQueue, at: turn.now)
            guard room > 0 else { continue }
            takers.append(typeQueue)
            rooms.append(room)
        }
        let limits = Self.shares(of: Self.budget.tasks, rooms)
        for (typeQueue, limit) in zip(takers, limits) where limit > 0 {
            turn.plan.take(Take(type: typeQueue.type, limit: limit, bytes: Self.budget.bytes, now: turn.now))
            turn.plan.promise(limit, of: typeQueue)
        }
        turn.plan.changes.takenBytes = Self.budget.bytes
        turn.plan.isCut = takers.count == Self.budget.types && typeQueues.readyCount > 0 || zip(rooms, limits).contains { $0 > $1 }
    }

    /// How many types that may have something to hand out are looked at in one turn.
    private static let reach = 1000

    /// Divides a budget: each gets its wish up to an equal share, and what is left goes to the first ones.
    static func shares(of budget: Int, _ wishes: [Int]) -> [Int] {
        guard !wishes.isEmpty else { return [] }
        let share = max(1, budget / wishes.count)
        var shares = wishes.map { min($0, share) }
        var rest = budget - shares.reduce(0, +)
        for index in shares.indices where rest > 0 {
            let more = min(rest, wishes[index] - shares[index])
            shares[index] += more
            rest -= more
        }
        return shares
    }

    /// Counts the tasks that were taken. The type whose tasks did not fit into the budget of bytes is the first in the next turn, which
    /// follows at once if this one took all that it may.
    func settleTakes(_ turn: Turn, _ outbound: inout Outbound) -> [HandOut] {
        var work: [HandOut] = []
        var leftOut: [TypeQueue] = []
        var isCut = turn.plan.isCut
        for ticket in turn.plan.takes {
            let (take, taken) = (turn.plan.changes[ticket], turn.receipt[ticket])
            guard let typeQueue = typeQueues[take.type] else { continue }
            // A turn planned since may leave more waiting.
            typeQueue.hasBacklog = !taken.isExhausted || typeQueue.feeds > 0
            for handOut in taken.handOuts { typeQueue.counters.remove(handOut) }
            work += taken.handOuts
            if taken.isExhausted {
                // Tasks that were due are handed out, or had ended before.
                if let due = typeQueue.nextDue, due <= take.now { staleTypes.dues.insert(take.type) }
            } else {
                if taken.handOuts.isEmpty { leftOut.append(typeQueue) }
                if taken.handOuts.count < take.limit { isCut = true }
            }
        }
        for typeQueue in leftOut.reversed() { typeQueues.makeReady(typeQueue, isFirst: true) }
        outbound.leavesMore = isCut && !work.isEmpty
        return work
    }
}

extension TaskCounts {
    /// A waiting task was handed out.
    fileprivate mutating func remove(_ handOut: HandOut) {
        if handOut.wasScheduled, scheduled > 0 { scheduled -= 1 } else { pending -= 1 }
    }
}
