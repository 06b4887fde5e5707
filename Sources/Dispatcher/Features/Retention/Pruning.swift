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
                var pruned = Pruned()
                repeat {
                    pulse.works()
                    let now = await scheduler.clock.now
                    let retention = Retention(
                        before: now - configuration.retention, keeping: configuration.retentionCount,
                        keysSince: now - DispatcherConfiguration.leastKeyRetention
                    )
                    pruned = try await store.prune(retention, limit: 500)
                } while !pruned.isEmpty && !Task.isCancelled
            } catch {
                logger.error("store not pruned, trying again", metadata: [LogKey.error: "\(error)"])
            }
            pulse.waits()
        }
    }
}
