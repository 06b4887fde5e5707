import GRDB
import TaskGridCore
import TaskStore

/// The types that a store knows, by name and by the number that stands for them in rows. Each is looked up when it is needed, and
/// once a transaction: what a transaction costs does not grow with the number of types.
final class TypeTable {
    private let database: Database
    private var numbers: [TaskType: Int64] = [:]
    private var types: [Int64: TaskType] = [:]

    init(_ database: Database) {
        self.database = database
    }

    /// Every type, ascending.
    static func all(_ database: Database) throws -> [TaskType] {
        try names(database).values.sorted()
    }

    /// The names of all types by their numbers.
    static func names(_ database: Database) throws -> [Int64: TaskType] {
        let query = try BoundStatement(database, "SELECT id, name FROM type WHERE id <> \(Schema.residualType)")
        var names: [Int64: TaskType] = [:]
        while try query.step() { names[try query.int64("id")] = try type(named: query.text("name")) }
        return names
    }

    /// The numbers of all types.
    static func numbers(_ database: Database) throws -> [Int64] {
        let query = try BoundStatement(database, "SELECT id FROM type WHERE id <> \(Schema.residualType)")
        var numbers: [Int64] = []
        while try query.step() { numbers.append(try query.int64("id")) }
        return numbers
    }

    func number(of type: TaskType) throws -> Int64? {
        if let number = numbers[type] { return number }
        let query = try BoundStatement(database, "SELECT id FROM type WHERE name = :name")
        try query.bind(type.name, to: ":name")
        guard try query.step() else { return nil }
        add(type, try query.int64("id"))
        return numbers[type]
    }

    func type(_ number: Int64) throws -> TaskType {
        if let type = types[number] { return type }
        let query = try BoundStatement(database, "SELECT name FROM type WHERE id = :id")
        try query.bind(number, to: ":id")
        guard try query.step() else { throw StoreError(.corrupt, "a row is of type number \(number), which the type table lacks") }
        let type = try Self.type(named: query.text("name"))
        add(type, number)
        return type
    }

    /// The type's number; a new one for a type that is not known yet.
    func number(adding type: TaskType) throws -> Int64 {
        if let number = try number(of: type) { return number }
        // None that another type had before: rows may still speak of that one.
        let next = try BoundStatement(database, "UPDATE store SET last_type = last_type + 1 RETURNING last_type")
        guard try next.step() else { throw StoreError(.corrupt, "the store table is empty") }
        let number = try next.int64("last_type")
        next.reset()
        let insert = try BoundStatement(database, "INSERT INTO type (id, name) VALUES (:id, :name)")
        try insert.bind(number, to: ":id")
        try insert.bind(type.name, to: ":name")
        try insert.run()
        add(type, number)
        return number
    }

    /// The type is forgotten.
    func remove(_ type: TaskType) {
        if let number = numbers.removeValue(forKey: type) { types[number] = nil }
    }

    private func add(_ type: TaskType, _ number: Int64) {
        numbers[type] = number
        types[number] = type
    }

    private static func type(named name: String?) throws -> TaskType {
        guard let name, let type = try? TaskType(name) else {
            throw StoreError(.corrupt, "the type table holds the invalid name '\(name ?? "")'")
        }
        return type
    }
}
