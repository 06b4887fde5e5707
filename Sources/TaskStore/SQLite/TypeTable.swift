import GRDB
import TaskGridCore

/// The types that a store knows, by name and by the number that stands for them in rows.
struct TypeTable {
    private var numbers: [TaskType: Int64] = [:]
    private var types: [Int64: TaskType] = [:]

    init(_ database: Database) throws {
        let query = try BoundStatement(database, "SELECT id, name FROM type")
        while try query.step() {
            guard let name = query.text(1), let type = try? TaskType(name) else {
                throw StoreError(.corrupt, "the type table holds a name that is none: '\(query.text(1) ?? "")'")
            }
            add(type, query.int64(0))
        }
    }

    var all: [TaskType] { numbers.keys.sorted() }

    /// The types asked for, or all, with their numbers.
    func entries(_ type: TaskType? = nil) -> [(type: TaskType, number: Int64)] {
        guard let type else { return numbers.map { ($0.key, $0.value) } }
        return numbers[type].map { [(type, $0)] } ?? []
    }

    func number(of type: TaskType) -> Int64? { numbers[type] }

    func type(_ number: Int64) throws -> TaskType {
        guard let type = types[number] else { throw StoreError(.corrupt, "a row is of type number \(number), which the type table lacks") }
        return type
    }

    /// The type's number; a new one for a type that is not known yet.
    mutating func number(adding type: TaskType, to database: Database) throws -> Int64 {
        if let number = numbers[type] { return number }
        let insert = try BoundStatement(database, "INSERT INTO type (name) VALUES (?)")
        try insert.bind(type.name, at: 1)
        try insert.run()
        let number = database.lastInsertedRowID
        add(type, number)
        return number
    }

    private mutating func add(_ type: TaskType, _ number: Int64) {
        numbers[type] = number
        types[number] = type
    }
}
