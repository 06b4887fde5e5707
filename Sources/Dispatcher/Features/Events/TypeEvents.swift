import AMQP
import ServiceSupport
import TaskGridCore

/// Tells the events exchange of the tasks of each type.
struct TypeEvents: Sendable {
    let scheduler: Scheduler
    let publisher: Publisher
    let consuming: Connection
    let topology: Topology
    let vitals: Vitals

    /// How many types in which nothing changed are told of each second: with a hundred types each every five seconds.
    private static let repeatedEvents = 20

    /// Until the task is cancelled: each second those in which something changed, and in turn some of the others.
    func run() async {
        let pulse = vitals.pulse("events", period: .seconds(1))
        defer { pulse.ends() }
        var seconds = 0
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            pulse.works()
            seconds += 1
            guard consuming.isConnected else {
                pulse.waits()
                continue
            }
            if seconds % 5 == 0 { await scheduler.repeatEvents() }
            var events = await scheduler.takeEvents(repeating: Self.repeatedEvents)
            if events.isEmpty {
                // One at least, so that a listener knows that the dispatcher lives, and how old its numbers are.
                await scheduler.repeatEvents()
                events = await scheduler.takeEvents(repeating: 1)
            }
            await scheduler.addOldestWaiting(to: &events)
            await publisher.attempt(
                events.map {
                    Publication(exchange: topology.events.name, routingKey: topology.taskEventKey($0.type), message: .event($0))
                }
            )
            pulse.waits()
        }
    }
}
