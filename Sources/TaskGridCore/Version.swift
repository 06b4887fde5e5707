package import AMQP

/// The version of TaskGrid.
package enum TaskGridVersion {
    package static let current = "0.1.0"
}

extension FieldTable {
    /// The client properties of the grid's connections.
    package static var grid: FieldTable { ["product": "TaskGrid+", "version": .string(TaskGridVersion.current)] }

    /// The same of a dispatcher, of which a grid may have several: they say whose and which it is.
    ///
    /// - Parameters:
    ///   - prefix: the grid's.
    ///   - store: the identity of the dispatcher's store, which all dispatchers of a grid share.
    package static func dispatcher(of prefix: String, store: String) -> FieldTable {
        grid.merging(["prefix": .string(prefix), "process": .string(ThisProcess.name), "store": .string(store)]) { $1 }
    }
}
