import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Forgets tasks that ended long ago, every half minute.
struct Pruning: Sendable {
    let store: any TaskStore
    let scheduler: Scheduler
    let configuration: DispatcherConfiguration
    let vitals: Vitals
    let logger: Logger

    /// Prunes until the task is cancelled.
    func run() async {
        let pulse = vitals.pulse("pruning", period: .seconds(30))
        defer { pulse.ends() }
        while (try? await Task.sleep(for: .seconds(30))) != nil {
            do throws(StoreError) {
                repeat { pulse.works() } while try await !step().isEmpty && !Task.isCancelled
            } catch {
                logger.error("store not pruned, trying again", metadata: [LogKey.error: "\(error)"])
            }
            pulse.waits()
        }
    }

    /// Removes at most 500 tasks and keys that need not be kept any longer.
    func step() async throws(StoreError) -> Pruned {
        let now = await scheduler.clock.now
        let retention = Retention(
            before: now - configuration.retention, keeping: configuration.retentionCount,
            keysSince: now - DispatcherConfiguration.leastKeyRetention
        )
        return try await store.prune(retention, limit: 500)
    }
}
