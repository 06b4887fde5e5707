import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Forgets tasks that ended long ago, every half minute.
///
/// Tasks and keys that must stay may lie before others: of these, a step forgets nothing, and the next one goes on behind them soon.
struct Pruning: Sendable {
    let store: any TaskStore
    let scheduler: Scheduler
    let configuration: DispatcherConfiguration
    let vitals: Vitals
    let logger: Logger

    /// Prunes until the task is cancelled.
    func run() async {
        let pulse = vitals.pulse("pruning", period: Self.period)
        defer { pulse.ends() }
        var pause = Self.period
        while (try? await Task.sleep(for: pause)) != nil {
            pause = Self.period
            do throws(StoreError) {
                repeat {
                    pulse.works()
                    pause = Self.pause(after: try await step())
                } while pause == .zero && !Task.isCancelled
            } catch {
                logger.error("store not pruned, trying again", metadata: [LogKey.error: "\(error)"])
            }
            pulse.waits()
        }
    }

    static let period = Duration.seconds(30)

    /// How long after a step the next one is. Steps that only look leave the store time for others, and are often enough to come to
    /// 1,000 keys and 20,000 tasks a second.
    static func pause(after step: Pruned) -> Duration {
        if !step.isEmpty { return .zero }
        return step.goesOn ? .milliseconds(500) : period
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
