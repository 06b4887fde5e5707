import CRabbitMQ
import Foundation

/// A field table in librabbitmq's form, with the memory it points to. Valid as long as this object lives.
final class CTable {
    private var owned: [UnsafeMutableRawPointer] = []
    private(set) var table = amqp_table_t()

    init(_ table: FieldTable) {
        self.table = make(table)
    }

    deinit {
        for memory in owned { memory.deallocate() }
    }

    private func make(_ table: FieldTable) -> amqp_table_t {
        let entries: UnsafeMutablePointer<amqp_table_entry_t> = allocate(table.count)
        for (index, (key, value)) in table.enumerated() {
            (entries + index).initialize(to: amqp_table_entry_t(key: bytes(key.utf8), value: make(value)))
        }
        return amqp_table_t(num_entries: Int32(table.count), entries: entries)
    }

    private func make(_ value: FieldValue) -> amqp_field_value_t {
        var field = amqp_field_value_t()
        func set(_ kind: amqp_field_value_kind_t) { field.kind = UInt8(kind.rawValue) }
        switch value {
        case .bool(let value):
            set(AMQP_FIELD_KIND_BOOLEAN)
            field.value.boolean = value ? 1 : 0
        case .int(let value):
            set(AMQP_FIELD_KIND_I64)
            field.value.i64 = value
        case .double(let value):
            set(AMQP_FIELD_KIND_F64)
            field.value.f64 = value
        case .string(let value):
            set(AMQP_FIELD_KIND_UTF8)
            field.value.bytes = bytes(value.utf8)
        case .bytes(let value):
            set(AMQP_FIELD_KIND_BYTES)
            field.value.bytes = bytes(value)
        case .timestamp(let value):
            set(AMQP_FIELD_KIND_TIMESTAMP)
            field.value.u64 = value
        case .array(let values):
            set(AMQP_FIELD_KIND_ARRAY)
            let entries: UnsafeMutablePointer<amqp_field_value_t> = allocate(values.count)
            for (index, value) in values.enumerated() { (entries + index).initialize(to: make(value)) }
            field.value.array = amqp_array_t(num_entries: Int32(values.count), entries: entries)
        case .table(let value):
            set(AMQP_FIELD_KIND_TABLE)
            field.value.table = make(value)
        case .void:
            set(AMQP_FIELD_KIND_VOID)
        }
        return field
    }

    private func bytes(_ content: some Collection<UInt8>) -> amqp_bytes_t {
        let memory: UnsafeMutablePointer<UInt8> = allocate(content.count)
        for (index, byte) in content.enumerated() { (memory + index).initialize(to: byte) }
        return amqp_bytes_t(len: content.count, bytes: memory)
    }

    private func allocate<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
        owned.append(UnsafeMutableRawPointer(memory))
        return memory
    }
}

extension FieldValue {
    /// Values nested deeper than this read as void: a message with some thousand levels must not exhaust a thread's stack.
    static let maximumDepth = 32

    /// Copies a value out of the library's memory.
    init(_ field: amqp_field_value_t, depth: Int = 1) {
        guard depth <= Self.maximumDepth else {
            self = .void
            return
        }
        switch amqp_field_value_kind_t(rawValue: UInt32(field.kind)) {
        case AMQP_FIELD_KIND_BOOLEAN: self = .bool(field.value.boolean != 0)
        case AMQP_FIELD_KIND_I8: self = .int(Int64(field.value.i8))
        case AMQP_FIELD_KIND_U8: self = .int(Int64(field.value.u8))
        case AMQP_FIELD_KIND_I16: self = .int(Int64(field.value.i16))
        case AMQP_FIELD_KIND_U16: self = .int(Int64(field.value.u16))
        case AMQP_FIELD_KIND_I32: self = .int(Int64(field.value.i32))
        case AMQP_FIELD_KIND_U32: self = .int(Int64(field.value.u32))
        case AMQP_FIELD_KIND_I64: self = .int(field.value.i64)
        case AMQP_FIELD_KIND_U64: self = .int(Int64(clamping: field.value.u64))
        case AMQP_FIELD_KIND_F32: self = .double(Double(field.value.f32))
        case AMQP_FIELD_KIND_F64: self = .double(field.value.f64)
        case AMQP_FIELD_KIND_UTF8: self = .string(String(field.value.bytes))
        case AMQP_FIELD_KIND_BYTES: self = .bytes(Data(field.value.bytes))
        case AMQP_FIELD_KIND_TIMESTAMP: self = .timestamp(field.value.u64)
        case AMQP_FIELD_KIND_TABLE: self = .table(FieldTable(field.value.table, depth: depth + 1))
        case AMQP_FIELD_KIND_ARRAY:
            let array = field.value.array
            self = .array((0..<Int(array.num_entries)).map { FieldValue(array.entries[$0], depth: depth + 1) })
        default: self = .void
        }
    }
}

extension FieldTable {
    init(_ table: amqp_table_t, depth: Int = 1) {
        self.init(minimumCapacity: Int(table.num_entries))
        for index in 0..<Int(table.num_entries) {
            let entry = table.entries[index]
            self[String(short: entry.key)] = FieldValue(entry.value, depth: depth)
        }
    }
}

extension String {
    /// Copies a text out of the library's memory; bytes that are not UTF-8 are replaced.
    init(_ bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(bytes), as: UTF8.self)
    }

    /// Copies a short string. Text that the replacing makes longer than 255 bytes is cut, so that the message can be published again.
    init(short bytes: amqp_bytes_t) {
        self.init(bytes)
        while utf8.count > 255 { removeLast() }
    }
}

extension Data {
    init(_ bytes: amqp_bytes_t) {
        self.init(UnsafeRawBufferPointer(bytes))
    }
}

extension UnsafeRawBufferPointer {
    init(_ bytes: amqp_bytes_t) {
        self.init(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len)
    }
}

extension String {
    /// The text in librabbitmq's form, for the length of `body`.
    func withAMQPBytes<Result>(_ body: (amqp_bytes_t) -> Result) -> Result {
        var copy = self
        return copy.withUTF8 { body(amqp_bytes_t(len: $0.count, bytes: UnsafeMutableRawPointer(mutating: $0.baseAddress))) }
    }
}
