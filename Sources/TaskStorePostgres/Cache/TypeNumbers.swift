import TaskGridCore
import TaskStore

/// The types that the grid knows, by name and by the number that stands for them in rows.
struct TypeNumbers {
    private var numbers: [TaskType: Int32] = [:]
    private(set) var types: [Int32: TaskType] = [:]
    private var added: [TaskType] = []

    func number(of type: TaskType) -> Int32? { numbers[type] }

    func type(_ number: Int32) throws -> TaskType {
        guard let type = types[number] else {
            throw StoreError(.corrupt, "a row is of type number \(number), which the type table lacks")
        }
        return type
    }

    /// Adds a type that the store has.
    mutating func load(_ type: TaskType, _ number: Int32) {
        numbers[type] = number
        types[number] = type
    }

    /// A type was made known.
    mutating func add(_ type: TaskType, _ number: Int32) {
        load(type, number)
        added.append(type)
    }

    /// The type is forgotten, durably.
    mutating func remove(_ type: TaskType) {
        if let number = numbers.removeValue(forKey: type) { types[number] = nil }
    }

    /// The changes are durable.
    mutating func accept() { added.removeAll(keepingCapacity: true) }

    /// The changes were not made.
    mutating func undo() {
        for type in added { remove(type) }
        added.removeAll(keepingCapacity: true)
    }
}
