import TaskGrid
import Testing

@Suite struct TaskDefinitionTests {
    struct Order: Codable, Sendable, Equatable {
        struct Item: Codable, Sendable, Equatable {
            var name: String
            var price: Double
        }

        var items: [Item]
    }

    @Test func `a text travels as UTF-8, bytes as they are, nothing as no bytes, and everything else as JSON`() throws {
        let text = TaskDefinition<String, Data>("text")
        #expect(try text.input.encode("né") == Data("né".utf8))
        #expect(try text.input.decode(Data("né".utf8)) == "né")
        #expect(try text.output.encode(Data([0, 255])) == Data([0, 255]))
        #expect(try text.output.decode(Data([0, 255])) == Data([0, 255]))
        let tick = TaskDefinition<Void, Void>("tick")
        #expect(try tick.input.encode(()).isEmpty)
        try tick.output.decode(Data())
        let order = TaskDefinition<Order, [String]?>("order")
        let one = Order(items: [Order.Item(name: "a/b", price: 0.5)])
        #expect(try order.input.encode(one) == Data(#"{"items":[{"name":"a/b","price":0.5}]}"#.utf8))
        #expect(try order.input.decode(order.input.encode(one)) == one)
        #expect(try order.output.encode(["x"]) == Data(#"["x"]"#.utf8))
        #expect(try TaskDefinition<Void, Int>("count").output.encode(5) == Data("5".utf8))
        #expect(try TaskDefinition<Int, Void>("forget").input.decode(Data("5".utf8)) == 5)
    }

    @Test(arguments: [
        (#"{"items":[{"name":"a","price":1},{"name":"b","price":"2"}]}"#, "items[1].price: "),
        (#"{"items":[{"name":"a"}]}"#, "items[0].price is missing"),
        (#"{"items":[{"name":null,"price":1}]}"#, "items[0].name: "),
        ("{}", "items is missing"),
        (#"{"items":[{"name":"a\"{[,1","price":1},{"name":"b","price":1e999}]}"#, "items[1].price: the number 1e999 does not fit"),
    ])
    func `an error of decoding names the field`(payload: String, message: String) {
        let order = TaskDefinition<Order, String>("order")
        let error = #expect(throws: PayloadError.self) { try order.input.decode(Data(payload.utf8)) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("[1, -2.5, 3]", "[1]: the number -2.5 does not fit"),
        ("[99999999999999999999]", "[0]: the number 99999999999999999999 does not fit"),
        ("[1, 2", "The given data was not valid JSON"), ("]}\"\\", "The given data was not valid JSON"), ("[1, tru]", "The given data"),
    ])
    func `an error of decoding names a number that does not fit its field`(payload: String, message: String) {
        let error = #expect(throws: PayloadError.self) { try TaskDefinition<[Int], Int>("sum").input.decode(Data(payload.utf8)) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
        let lone = #expect(throws: PayloadError.self) { try TaskDefinition<UInt8, Int>("byte").input.decode(Data("300".utf8)) }
        #expect(lone?.message == "the number 300 does not fit this field")
    }

    @Test func `an error of encoding names the field`() {
        let order = TaskDefinition<String, Order>("order")
        let error = #expect(throws: PayloadError.self) {
            try order.output.encode(Order(items: [Order.Item(name: "a", price: .infinity)]))
        }
        #expect(error?.message.hasPrefix("items[0].price: 'inf'") == true, "\(error?.message ?? "")")
    }

    @Test func `bytes that are no UTF-8 are refused by the first that is none`() {
        let text = TaskDefinition<String, String>("text")
        #expect(throws: PayloadError("byte 3 of 5 is no UTF-8")) {
            try text.input.decode(Data("né".utf8) + Data([0xC3, 0x28]))
        }
    }

    @Test func `bytes where none belong are refused`() {
        #expect(throws: PayloadError("1 bytes where none are expected")) { try TaskDefinition<Void, Void>("tick").input.decode(Data([1])) }
    }

    @Test func `a codec of one's own is taken`() throws {
        let hex = PayloadCodec<Int> {
            Data(String($0, radix: 16).utf8)
        } decode: { payload in
            guard let number = Int(String(decoding: payload, as: UTF8.self), radix: 16) else { throw PayloadError("no hexadecimal number") }
            return number
        }
        let definition = TaskDefinition(try TaskType("hex"), input: hex, output: hex)
        #expect(try definition.input.encode(255) == Data("ff".utf8))
        #expect(throws: PayloadError("no hexadecimal number")) { try definition.output.decode(Data("x".utf8)) }
    }
}
