import AMQP
import ArgumentParser
import Foundation
import Logging
import ServiceSupport
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore

/// Shows what the services tell, as it happens.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show the events of the grid as they happen.",
        usage: "taskgrid events [<options>] [<type>]",
        discussion: """
            taskgrid events --follow
            taskgrid events --for 10s --kind grid,worker
            taskgrid events sum --follow --json | jq .states.failed

            Services publish events of workers that join and leave, events of the whole
            grid, and each second the counters of every type that changed.
            """
    )

    /// The first word of an event's routing key.
    enum Kind: String, CaseIterable {
        case task, worker, grid
    }

    private static let standardTime = Duration.seconds(6)

    @Flag(help: "Go on until Ctrl-C.")
    var follow = false
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("How long to listen without --follow. (default: \(DurationText.write(standardTime)))", valueName: "time"),
        transform: Arguments.someTime)
    var duration = Self.standardTime
    @Option(
        help: ArgumentHelp("Only these: \(Kind.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "kind,…"),
        completion: .list(Kind.allCases.map(\.rawValue)), transform: Self.kinds
    )
    var kind: [Kind] = Kind.allCases
    @OptionGroup var only: TypeArgument
    @Flag(help: "Print JSON, an event a line, with its routing key under 'key'.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let configuration = try await grid.configuration()
            let logger = configuration.logger("taskgrid", default: .warning, hidesConnections: configuration.logLevel == nil)
            let location = try configuration.location()
            let topology = location.topology
            if only.type != nil { try await checkType() }
            let queue = topology.listenerQueue("events", UUID().uuidString.lowercased())
            let declarations = Declarations(
                exchanges: [topology.events], queues: [queue],
                bindings: keys(topology).map { Binding(exchange: topology.events.name, queue: queue.name, key: $0) }
            )
            let connection = Connection(
                location.endpoint, name: "taskgrid events", clientProperties: .grid, declarations: declarations, logger: logger)
            let consumer = connection.consumer(queues: [queue.name], prefetch: 1000)
            do throws(AMQPError) {
                try await connection.start(patience: .seconds(10))
            } catch {
                await connection.close()
                throw Failure(error, code: .unreachable, allowed: Failure.everyQueue(of: topology))
            }
            try await StopSignals.during {
                try await listen(consumer, connection)
            } onFirst: { _ in
                await connection.close()
            }
            await connection.close()
        }
    }

    /// - Throws: `Failure` where the grid does not know the type. One that does not answer is listened to all the same.
    private func checkType() async throws {
        do {
            try await grid.withClient { try await KnownTypes($0).check(only.type) }
        } catch is ClientError {}
    }

    /// The routing keys of the events that are wanted.
    private func keys(_ topology: Topology) -> [String] {
        kind.map { kind in kind == .task ? only.type.map(topology.taskEventKey) ?? "task.*" : "\(kind.rawValue).*" }
    }

    private func listen(_ consumer: Consumer, _ connection: Connection) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var news = WorkerEventFilter()
                while let deliveries = await consumer.next() {
                    for delivery in deliveries { try await show(delivery, passing: &news) }
                    try await Output.standard.flush()
                    if let last = deliveries.last { await consumer.ack(upTo: last.tag) }
                }
            }
            if !follow {
                group.addTask {
                    try await Task.sleep(for: duration)
                    await connection.close()
                }
            }
            // Listening ends with the connection, or because nobody reads what is printed.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func show(_ delivery: Delivery, passing news: inout WorkerEventFilter) async throws {
        let line: Data?
        do throws(WireError) {
            line = try Self.line(delivery.routingKey, delivery.message.body, json: json, passing: &news)
        } catch {
            return Terminal.tell("an event \(Terminal.plain(String(delivery.routingKey.prefix(100)))) cannot be read: \(error)\n")
        }
        if let line { try await Output.standard.line(line) }
    }

    /// An event for a line; nil for one of no known kind, which later versions may have, and for one that another nameservice has told.
    static func line(
        _ key: String, _ body: Data, json: Bool, passing news: inout WorkerEventFilter
    ) throws(WireError) -> Data? {
        switch Kind(rawValue: String(key.prefix { $0 != "." })) {
        case .task: return line(try JSON.decode(TypeEvent.self, body), key: key, json: json, text: text)
        case .worker:
            let event = try JSON.decode(WorkerEvent.self, body)
            return news.isNew(event) ? line(event, key: key, json: json, text: text) : nil
        case .grid: return line(try JSON.decode(GridEvent.self, body), key: key, json: json, text: text)
        case nil: return nil
        }
    }

    private static func line<Event: Encodable>(_ event: Event, key: String, json: Bool, text: (Event) -> String) -> Data {
        json ? JSON.encode(Keyed(key: key, event: event)) : Data(text(event).utf8)
    }

    private struct Keyed<Event: Encodable>: Encodable {
        let key: String
        let event: Event

        func encode(to encoder: any Encoder) throws {
            try event.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
        }

        enum CodingKeys: CodingKey {
            case key
        }
    }

    private static func text(_ event: TypeEvent) -> String {
        let states = TaskState.allCases.filter { event.states[$0] > 0 }.map { "\($0) \(Terminal.grouped(event.states[$0]))" }
        let notes = [event.paused ? "paused" : nil, event.breaker == .closed ? nil : "breaker \(event.breaker.rawValue)"].compactMap { $0 }
        return "\(event.at)  task    \(event.type): "
            + (states.isEmpty && notes.isEmpty ? "nothing yet" : (states + notes).joined(separator: ", "))
    }

    private static func text(_ event: WorkerEvent) -> String {
        let worker = event.worker
        let types = worker.types.prefix(10).map(\.name).joined(separator: ", ")
        let reason = event.reason.map { " (\($0.rawValue))" } ?? ""
        return "\(event.at)  worker  \(Terminal.plain(worker.worker)) \(event.kind.rawValue)\(reason): \(types)"
    }

    private static func text(_ event: GridEvent) -> String {
        "\(event.at)  grid    \(event.kind.rawValue), \(Terminal.plain(event.service)): \(Terminal.plain(event.message))"
    }

    @Sendable private static func kinds(_ text: String) throws -> [Kind] {
        try text.split(separator: ",").map { word in
            guard let kind = Kind(rawValue: String(word)) else {
                throw ValidationError("'\(word)' is no kind of event: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return kind
        }
    }
}
