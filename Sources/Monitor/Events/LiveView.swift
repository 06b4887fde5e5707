import Foundation
import TaskGridCore

/// The statistics in the stream of events: those of all types together, and the rows of the busiest types and workers. Each
/// row is encoded by itself, so that those that changed can be told alone.
///
/// Bounded: as many rows as the report has, however many there are.
struct LiveView: Sendable {
    /// The most bytes of a change, by which a listener costs the same whatever the grid's size.
    static let maximumChange = 64 << 10

    /// Rows by their keys, and the order in which they are told where not all can be: the busiest first.
    struct Rows: Sendable {
        var encoded: [String: Data] = [:]
        var order: [String] = []
        /// Those that have changed and did not fit, those that have waited longest first: they come before all others next time.
        fileprivate var late: [String] = []

        mutating func add(_ key: String, _ row: some Encodable) {
            encoded[key] = JSON.shown(row)
            order.append(key)
        }
    }

    /// The fields of all types together: a JSON object.
    var head: Data
    /// Arrays of things that seldom change, by their names.
    var lists: [String: Data] = [:]
    /// The tables, by their names.
    var tables: [String: Rows] = [:]

    /// All of it as a JSON object.
    var snapshot: Data {
        var object = LiveObject(head)
        for (name, list) in lists.sorted(by: { $0.key < $1.key }) { object.add(name, list) }
        for (name, rows) in tables.sorted(by: { $0.key < $1.key }) {
            object.add(name, rows.order.compactMap { key in rows.encoded[key].map { (key, $0) } })
        }
        return object.data
    }

    /// Makes this the view of now. A change has at most `limit` bytes: rows that do not fit stay as they were told, and come first
    /// next time.
    ///
    /// - Returns: a JSON merge patch (RFC 7396) that makes what was told before what is told now: a row that is not shown any more is null.
    mutating func move(to now: LiveView, within limit: Int = LiveView.maximumChange) -> Data {
        var object = LiveObject(now.head)
        head = now.head
        for (name, list) in now.lists.sorted(by: { $0.key < $1.key }) where lists[name] != list {
            object.add(name, list)
            lists[name] = list
        }
        for (name, rows) in now.tables.sorted(by: { $0.key < $1.key }) {
            var told = tables[name] ?? Rows()
            var changes: [(String, Data)] = []
            var room = limit - object.size - LiveObject.margin
            for key in told.order where rows.encoded[key] == nil {
                told.encoded[key] = nil
                changes.append((key, LiveObject.null))
                room -= LiveObject.size(of: key, LiveObject.null)
            }
            let (late, isLate) = (told.late, Set(told.late))
            told.late = []
            for key in late + rows.order.filter({ !isLate.contains($0) }) {
                guard let row = rows.encoded[key], told.encoded[key] != row else { continue }
                let size = LiveObject.size(of: key, row)
                guard size <= room else {
                    told.late.append(key)
                    continue
                }
                room -= size
                told.encoded[key] = row
                changes.append((key, row))
            }
            told.order = rows.order.filter { told.encoded[$0] != nil }
            tables[name] = told
            object.add(name, changes)
        }
        return object.data
    }
}

/// A JSON object that is put together from values that are encoded already.
private struct LiveObject {
    static let null = Data("null".utf8)
    /// The size of a table besides its rows.
    static let margin = 64

    private var bytes: Data

    /// - Parameter head: an object, whose fields come first.
    init(_ head: Data) {
        bytes = head.dropLast()
    }

    var size: Int { bytes.count + 1 }
    var data: Data { bytes + Data("}".utf8) }

    static func size(of key: String, _ value: Data) -> Int { JSON.shown(key).count + value.count + 2 }

    mutating func add(_ name: String, _ value: Data) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(JSON.shown(name))
        bytes.append(UInt8(ascii: ":"))
        bytes.append(value)
    }

    /// An object of rows; none where there are none.
    mutating func add(_ name: String, _ rows: [(String, Data)]) {
        guard !rows.isEmpty else { return }
        var object = LiveObject(Data("{}".utf8))
        for (key, row) in rows { object.add(key, row) }
        add(name, object.data)
    }
}
