public import AMQP

/// The version of TaskGrid.
public enum TaskGridVersion {
    public static let current = "0.1.0"
}

extension FieldTable {
    /// The client properties of the grid's connections.
    public static var grid: FieldTable { ["product": "TaskGrid+", "version": .string(TaskGridVersion.current)] }
}
