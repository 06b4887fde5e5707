package import AMQP

/// The version of TaskGrid.
package enum TaskGridVersion {
    package static let current = "0.1.0"
}

extension FieldTable {
    /// The client properties of the grid's connections.
    package static var grid: FieldTable { ["product": "TaskGrid+", "version": .string(TaskGridVersion.current)] }
}
