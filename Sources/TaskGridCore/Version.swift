public import AMQP

/// The version of TaskGrid.
public enum TaskGridVersion {
    public static let current = "0.1.0"
}

extension FieldTable {
    /// What the grid's connections tell the broker about themselves.
    public static var grid: FieldTable { ["product": "TaskGrid+", "version": .string(TaskGridVersion.current)] }
}
