package import Foundation

/// All rows of a store but those that are read page by page: see ``StorePage``.
package struct StoreContents: Sendable {
    /// What the store as a whole remembers.
    package struct Slot: Hashable, Sendable {
        package var identity: String
        package var secret: Data
        package var epoch: Int64
        package var term: Int64
        package var lastTask: Int64
        package var lastType: Int64
        package var pruned: Int64
        package var prunedTo: Int64
        package var walked: Int64
        package var swept: Int64
        package var keys: Int64
        /// Those of them that an earlier version accepted: they hold for every user.
        package var keysOfAll: Int64
        package var clock: Int64
        package var wall: Int64
        package var wallOffset: Int64

        package init(
            identity: String, secret: Data, epoch: Int64, term: Int64, lastTask: Int64, lastType: Int64, pruned: Int64, prunedTo: Int64,
            walked: Int64, swept: Int64, keys: Int64, keysOfAll: Int64, clock: Int64, wall: Int64, wallOffset: Int64
        ) {
            self.identity = identity
            self.secret = secret
            self.epoch = epoch
            self.term = term
            self.lastTask = lastTask
            self.lastType = lastType
            self.pruned = pruned
            self.prunedTo = prunedTo
            self.walked = walked
            self.swept = swept
            self.keys = keys
            self.keysOfAll = keysOfAll
            self.clock = clock
            self.wall = wall
            self.wallOffset = wallOffset
        }
    }

    /// A known type with its counters; number 0 has those of the types that were forgotten.
    package struct TypeRow: Hashable, Sendable {
        package var id: Int64
        package var name: String
        package var submitted: Int64
        package var succeeded: Int64
        package var failed: Int64
        package var cancelled: Int64
        package var expired: Int64
        package var kept: Int64
        package var paused: Int64

        package init(
            id: Int64, name: String, submitted: Int64, succeeded: Int64, failed: Int64, cancelled: Int64, expired: Int64, kept: Int64,
            paused: Int64
        ) {
            self.id = id
            self.name = name
            self.submitted = submitted
            self.succeeded = succeeded
            self.failed = failed
            self.cancelled = cancelled
            self.expired = expired
            self.kept = kept
            self.paused = paused
        }
    }

    package struct CursorRow: Hashable, Sendable {
        package var type: Int64
        package var priority: Int64
        package var id: Int64

        package init(type: Int64, priority: Int64, id: Int64) {
            self.type = type
            self.priority = priority
            self.id = id
        }
    }

    package struct BulkActionRow: Hashable, Sendable {
        package var id: String
        package var started: Int64
        package var hasEnded: Bool
        package var action: Data

        package init(id: String, started: Int64, hasEnded: Bool, action: Data) {
            self.id = id
            self.started = started
            self.hasEnded = hasEnded
            self.action = action
        }
    }

    package var slot: Slot
    package var types: [TypeRow]
    package var cursors: [CursorRow]
    package var bulkActions: [BulkActionRow]
    /// How many tasks there are of each 2^20 ids, by id / 2^20; none has 0.
    package var blocks: [Int64: Int64]

    package init(
        slot: Slot, types: [TypeRow], cursors: [CursorRow], bulkActions: [BulkActionRow], blocks: [Int64: Int64]
    ) {
        self.slot = slot
        self.types = types
        self.cursors = cursors
        self.bulkActions = bulkActions
        self.blocks = blocks
    }

    /// How many ids are skipped where a store goes on from a copy, so that nothing old fits: a block of them.
    package static let skippedIDs: Int64 = 1 << 20
}
