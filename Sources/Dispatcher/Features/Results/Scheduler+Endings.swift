import AMQP
import TaskGridCore
import TaskStore

extension Scheduler {
    /// Tasks have ended: counts them, and tells their clients how: singles one by one, those submitted in batches together.
    func settleEndings(_ turn: Turn, _ outbound: inout Outbound) {
        struct Key: Hashable {
            let client: String
            let type: TaskType
        }
        var batches: [Key: [Ending]] = [:]
        // Tasks of one submission end together mostly: neighbours have type queue and client in common.
        var batch: (key: Key, endings: [Ending])?
        var typeQueue: TypeQueue?
        func closeBatch() {
            if let batch { batches[batch.key, default: []] += batch.endings }
            batch = nil
        }
        let plan = turn.plan
        for index in plan.ended.indices where turn.receipt[plan.ended[index].ticket] {
            let ending = plan.changes[plan.ended[index].ticket]
            if typeQueue?.type != ending.type { typeQueue = typeQueues[ending.type] }
            typeQueue?.counters[ending.state] += 1
            typeQueue?.statistics.taskEnded(after: turn.now - plan.ended[index].task.created)
            guard let client = plan.ended[index].task.client else { continue }
            let end = Ending(
                id: ending.id, state: ending.state, result: ending.result, error: ending.error, attempt: ending.attempt,
                worker: ending.worker, runTime: ending.runTime
            )
            if plan.ended[index].task.form == .batch {
                if batch?.key.client != client || batch?.key.type != ending.type {
                    closeBatch()
                    batch = (Key(client: client, type: ending.type), [])
                }
                batch?.endings.append(end)
            } else {
                let correlation = plan.ended[index].task.correlation
                let reply = Reply(form: .single, type: ending.type, correlation: correlation, content: .ended([end]))
                outbound.messages.append(.reply(reply, client: client))
            }
        }
        closeBatch()
        for (key, endings) in batches { outbound.reply(endings, of: key.type, to: key.client) }
    }
}

extension Outbound {
    /// The most bytes of results that one reply carries; a larger result goes alone.
    private static let maximumReplyBytes = 1 << 20

    /// Tells a client of endings in replies of a bounded size.
    fileprivate mutating func reply(_ endings: [Ending], of type: TaskType, to client: String) {
        var rest = endings[...]
        while !rest.isEmpty {
            var bytes = 0
            let part = rest.prefix(WireFormat.maximumRecords).prefix { ending in
                bytes += ending.result.count
                return bytes <= Self.maximumReplyBytes || bytes == ending.result.count
            }
            messages.append(.reply(Reply(form: .batch, type: type, correlation: nil, content: .ended(Array(part))), client: client))
            rest = rest.dropFirst(part.count)
        }
    }
}
