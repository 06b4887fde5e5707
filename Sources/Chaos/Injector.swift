import AMQP
import Foundation
import LocalGrid
import Logging
import TaskGridClient
import TaskGridCore

/// Does to a running grid what a plan says.
struct Injector: Sendable {
    let grid: LocalGrid
    let proxies: ChaosProxies
    /// The broker itself, past all proxies.
    let broker: Connection
    let topology: Topology
    let client: GridClient

    /// Injects one fault.
    ///
    /// - Returns: why it could not be injected; nil where it was.
    func inject(_ injection: Injection) async -> String? {
        switch injection {
        case .kill(_, let process):
            return grid.processes.kill(process) ? nil : "\(process) does not run now"
        case .killBroker:
            return grid.killBroker() ? nil : "the broker does not run now"
        case .part(let node, let time):
            do throws(LocalGridError) {
                try await grid.part(node: node, for: time)
                return nil
            } catch {
                return error.message
            }
        case .wipe:
            do throws(LocalGridError) {
                return try grid.wipeBroker() ? nil : "the broker does not run now"
            } catch {
                return error.message
            }
        case .cut(let party, let manner):
            let proxies = proxies[party]
            Self.cut(proxies, manner)
            return proxies.isEmpty ? "\(party) has no connections now" : nil
        case .stall(let party, let directions, _):
            let proxies = proxies[party]
            for proxy in proxies { proxy.stall(directions) }
            return proxies.isEmpty ? "\(party) has no connections now" : nil
        case .purge(let queue):
            do throws(AMQPError) {
                switch queue {
                case .purgeWork: try await broker.purge(queue: topology.workQueue(NumberedTask.type).name)
                case .deleteWork: try await broker.delete(queue: topology.workQueue(NumberedTask.type).name)
                case .purgeResults: try await broker.purge(queue: topology.resultsQueue.name)
                case .purgeSubmissions: try await broker.purge(queue: topology.submitQueue.name)
                }
                return nil
            } catch {
                return error.message
            }
        case .exchange(let route):
            do throws(AMQPError) {
                try await inject(route)
                return nil
            } catch {
                return error.message
            }
        case .database(let fault):
            return await inject(fault)
        case .refuse:
            return await refuse()
        }
    }

    /// The part of the dispatcher that is to be killed.
    private func role(in injection: Injection) -> DispatcherRole? {
        guard case .kill(.dispatcher, let process) = injection else { return nil }
        return grid.role(ofDispatcher: process)
    }

    private func inject(_ fault: Injection.DatabaseFault) async -> String? {
        guard let database = grid.database, grid.processes[database.name] != nil else { return "the database does not run now" }
        let links = proxies[ChaosProxies.database]
        switch fault {
        case .kill:
            await database.kill()
            return nil
        case .freeze:
            return database.freeze() > 0 ? nil : "the database does not run now"
        case .endSessions:
            return database.endSessions() > 0 ? nil : "the database has no sessions now"
        case .cut(let manner): Self.cut(links, manner)
        case .stall(let directions, _): for link in links { link.stall(directions) }
        }
        return links.isEmpty ? "the dispatcher has no connections to the database now" : nil
    }

    private static func cut(_ links: [Proxy], _ manner: Injection.Manner) {
        for link in links {
            switch manner {
            case .finish: link.cut()
            case .reset: link.reset()
            case .midFrame(let direction): link.cutMidFrame(direction)
            }
        }
    }

    private func inject(_ route: Injection.RoutingFault) async throws(AMQPError) {
        let binding = { (exchange: Exchange, queue: Queue, key: String) in
            Binding(exchange: exchange.name, queue: queue.name, key: key)
        }
        switch route {
        case .deleteSubmit: try await broker.delete(exchange: topology.submit.name)
        case .deleteWork: try await broker.delete(exchange: topology.work.name)
        case .deleteResults: try await broker.delete(exchange: topology.results.name)
        case .deleteReply: try await broker.delete(exchange: topology.reply.name)
        case .deleteRegistry: try await broker.delete(exchange: topology.registry.name)
        case .deleteControl: try await broker.delete(exchange: topology.control.name)
        case .deleteEvents: try await broker.delete(exchange: topology.events.name)
        case .deleteRPC: try await broker.delete(exchange: topology.rpc.name)
        case .unbindSubmit: try await broker.unbind(binding(topology.submit, topology.submitQueue, "#"))
        case .unbindResults: try await broker.unbind(binding(topology.results, topology.resultsQueue, "#"))
        case .unbindWork:
            let type = NumberedTask.type
            try await broker.unbind(binding(topology.work, topology.workQueue(type), type.name))
        }
    }

    /// Submits more than the broker takes, and publishes it past the client.
    private func refuse() async -> String? {
        let large = Data(count: ChaosConfiguration.maximumMessageSize + 1)
        do throws(ClientError) {
            _ = try await client.submit(NumberedTask.type, payload: large, options: TaskOptions(deadline: .seconds(20)))
            return "a message over the limit was accepted"
        } catch {
            guard error.code == .tooLarge else { return error.message }
        }
        let messages = [topology.submit, topology.results, topology.registry, topology.events].map { exchange in
            Publication(exchange: exchange.name, routingKey: NumberedTask.type.name, message: Message(body: large))
        }
        do throws(AMQPError) {
            _ = try await broker.publish(messages, within: .seconds(10))
            return nil
        } catch {
            return error.message
        }
    }

    /// Ends a fault that lasts.
    func end(_ injection: Injection) {
        switch injection {
        case .stall(let party, let directions, _): proxies.resume(party, directions)
        case .database(.stall(let directions, _)): proxies.resume(ChaosProxies.database, directions)
        case .database(.freeze): grid.database?.thaw()
        default: break
        }
    }

    /// Ends all faults that last.
    func heal() {
        proxies.heal()
        grid.database?.thaw()
    }

    /// Follows a plan, from `start` on, until it ends or the task is cancelled; nothing stalls and nothing is frozen after it.
    func follow(
        _ plan: FaultPlan, from start: ContinuousClock.Instant,
        tell: @escaping @Sendable (FaultPlan.Entry, DispatcherRole?, _ problem: String?) -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            for entry in plan.entries {
                guard (try? await Task.sleep(until: start + entry.at, clock: .continuous)) != nil else { break }
                let role = role(in: entry.injection)
                let problem = await inject(entry.injection)
                tell(entry, role, problem)
                guard problem == nil, let time = entry.injection.time else { continue }
                group.addTask {
                    // Cancelled: the faults are to end.
                    try? await Task.sleep(for: time)
                    end(entry.injection)
                }
            }
        }
        heal()
    }
}
