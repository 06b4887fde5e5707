import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// How absolute times relate to the store's clock.
extension Scheduler {
    /// Moves absolute times to where they are by the store's clock.
    func align() async throws(StoreError) {
        let offset = clock.wallOffset
        logger.notice("wall clock differs from the store's clock; moving absolute times", metadata: [LogKey.clockOffset: "\(offset)"])
        var last: TaskID?
        repeat { last = try await store.align(offset, after: last, limit: 5000) } while last != nil
        alignedOffset = offset
        staleTypes.areAllDues = true
    }

    /// Looks whether the wall clock has stepped, or absolute times could not be moved before.
    func followWallClock() async {
        clock.follow()
        guard clock.wallOffset != alignedOffset else { return }
        do throws(StoreError) {
            try await align()
        } catch {
            logger.error("absolute times not moved, trying again", metadata: [LogKey.error: "\(error)"])
        }
    }
}
