import ArgumentParser

/// A part of the grid, by which its broker user needs rights.
enum GridRole: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// One user has all parts.
    case all
    case dispatcher, nameservice, monitor, worker, client

    /// The parts that it stands for.
    var parts: [GridRole] { self == .all ? GridRole.allCases.filter { $0 != .all } : [self] }
}
