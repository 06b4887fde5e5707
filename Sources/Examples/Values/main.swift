// Values of your own: any `Codable` type goes in and comes out, as JSON.
import TaskGrid

struct Order: Codable, Sendable {
    struct Item: Codable, Sendable {
        let name: String
        let cents: Int
    }

    let items: [Item]
}

struct Invoice: Codable, Sendable {
    let lines: [String]
    let cents: Int
}

let invoice = TaskDefinition<Order, Invoice>("invoice")

if CommandLine.arguments.contains("worker") {
    await Grid.runWorkers(.environment, arguments: []) {
        invoice.worker { order, _ in
            Invoice(lines: order.items.map { "\($0.name): \($0.cents)" }, cents: order.items.reduce(0) { $0 + $1.cents })
        }
    }
} else {
    await Grid.runClient(.environment) { client in
        let order = Order(items: [Order.Item(name: "tea", cents: 450), Order.Item(name: "cake", cents: 320)])
        let made = try await client.run(invoice, order)
        // The program's output.
        print(made.lines.joined(separator: ", "), "=", made.cents)
    }
}
