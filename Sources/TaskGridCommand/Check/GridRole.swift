import ArgumentParser
import TaskGridCore

/// A part of the grid, by which its broker user needs rights.
enum GridRole: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// One user has all parts.
    case all
    case dispatcher, nameservice, monitor, worker, client

    /// The parts that it stands for.
    var parts: [GridRole] { self == .all ? GridRole.allCases.filter { $0 != .all } : [self] }

    /// Whether its user may ask the services.
    var asksServices: Bool { self != .worker && self != .nameservice }

    /// The role of a user that has this part alone; nil: all of them.
    ///
    /// - Parameter types: those that a worker or a client handles.
    func role(types: [TaskType]) -> GridUser.Role? {
        switch self {
        case .all: nil
        case .dispatcher: .dispatcher
        case .nameservice: .nameservice
        case .monitor: .monitor
        case .worker: .worker(types)
        case .client: .client(types)
        }
    }
}
