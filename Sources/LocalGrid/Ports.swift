import Foundation
package import TaskGridCore

/// The loopback ports of one grid.
package struct Ports: Hashable, Sendable {
    /// How they are chosen.
    package enum Choice: String, Sendable, CaseIterable {
        /// The ones that the documentation names: ``Use/standard``.
        case standard
        /// Free ones, so that several grids can run beside each other.
        case free
    }

    /// The program that listens on a port.
    package enum Use: Hashable, Sendable {
        /// Those of a node of the private broker, counted from 1.
        case amqp(node: Int)
        case management(node: Int)
        case distribution(node: Int)
        case epmd
        /// That of the private PostgreSQL.
        case database
        case monitor, nameservice, dispatcher
        /// Worker `number` of a type, counted from 1.
        case worker(TaskType, number: Int)
    }

    private let chosen: [Use: Int]

    /// The port of a use that was asked for when the ports were picked.
    package subscript(use: Use) -> Int? { chosen[use] }

    /// Chooses a port for each use, and makes sure that it is free now.
    ///
    /// A service's health goes to any free port where its documented one is taken.
    ///
    /// - Parameters:
    ///   - choice: how those are chosen that nobody named.
    ///   - uses: what needs a port.
    ///   - fixed: the ports that settings name; 0 is any.
    /// - Throws: `LocalGridError` naming the port that is taken, who may hold it and what to do.
    package init(_ choice: Choice, for uses: [Use], fixed: [Use: Int] = [:]) throws(LocalGridError) {
        var chosen: [Use: Int] = [:]
        for use in uses {
            if let port = fixed[use], port > 0 {
                guard LoopbackPort.isFree(port) else {
                    throw LocalGridError(
                        .port, "port \(port), which the settings name, is taken, \(use.likelyHolder): stop it, or name another")
                }
                chosen[use] = port
                continue
            }
            if choice == .standard, fixed[use] == nil, let port = use.standard {
                if LoopbackPort.isFree(port) {
                    chosen[use] = port
                    continue
                }
                // A taken health port is no reason to refuse a grid.
                guard use.isForHealth else {
                    throw LocalGridError(.port, "port \(port) is taken, \(use.likelyHolder): stop it, or start with --ports free")
                }
            }
            chosen[use] = try LoopbackPort.free(besides: Set(chosen.values))
        }
        self.chosen = chosen
    }
}

extension Ports.Use {
    /// The port that the documentation names; nil where any will do.
    package var standard: Int? {
        switch self {
        case .amqp(let node): 5671 + node
        case .management(let node): 15671 + node
        case .epmd, .distribution, .database: nil
        case .monitor: 8080
        case .nameservice: Self.nameserviceHealth
        case .dispatcher: Self.dispatcherHealth
        // Only the first of a type has the documented port.
        case .worker(let type, number: 1): Self.workerHealth.first { $0.type == type.name }?.port
        case .worker: nil
        }
    }

    /// The standard ports of `/healthz`.
    package static let (nameserviceHealth, dispatcherHealth) = (50051, 50052)
    /// The same for the first worker of each type that comes with the grid.
    package static let workerHealth: [(type: String, port: Int)] = [
        ("reverse", 50060), ("sum", 50061), ("hash", 50062), ("upper", 50063), ("wait", 50064),
    ]

    /// Whether it is only that of a service's health.
    fileprivate var isForHealth: Bool {
        switch self {
        case .nameservice, .dispatcher, .worker: true
        case .amqp, .management, .epmd, .distribution, .database, .monitor: false
        }
    }

    fileprivate var likelyHolder: String {
        switch self {
        case .amqp, .management: "perhaps by the RabbitMQ of this machine or another grid"
        case .monitor: "perhaps by a web server or another grid"
        default: "perhaps by another grid"
        }
    }
}
