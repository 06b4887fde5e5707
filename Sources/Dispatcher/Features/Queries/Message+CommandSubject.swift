import AMQP
import Logging
import ServiceSupport
import TaskGridCore

extension Message {
    /// The most tasks or types that a line of the log names.
    private static let maximumNamed = 10

    /// What a command is about, for the log; nothing where it cannot be read.
    var commandSubject: Logger.Metadata {
        func read<Asked: Query>(_ type: Asked.Type) -> Asked? { try? JSON.decode(type, body) }
        switch properties.type {
        case CancelQuery.name: return Self.tasks(read(CancelQuery.self)?.tasks)
        case RetryQuery.name:
            let query = read(RetryQuery.self)
            return Self.tasks(query?.tasks).merging(Self.types(query?.filter?.type.map { [$0] })) { $1 }
        case PauseQuery.name: return Self.types(read(PauseQuery.self)?.types)
        case ResumeQuery.name: return Self.types(read(ResumeQuery.self)?.types)
        case ForgetQuery.name: return Self.types(read(ForgetQuery.self)?.types)
        case BulkQuery.name:
            guard let query = read(BulkQuery.self) else { return [:] }
            let bulk: Logger.Metadata = [LogKey.bulkAction: "\(query.id)", LogKey.bulkKind: "\(query.kind.rawValue)"]
            return bulk.merging(Self.types(query.filter.type.map { [$0] })) { $1 }
        case BulkStopQuery.name: return read(BulkStopQuery.self).map { [LogKey.bulkAction: "\($0.id)"] } ?? [:]
        case WorkerRequestQuery.name:
            return read(WorkerRequestQuery.self).map { [LogKey.workerID: "\($0.worker)", LogKey.workerRequest: "\($0.request)"] } ?? [:]
        default: return [:]
        }
    }

    private static func tasks(_ tasks: [TaskID]?) -> Logger.Metadata {
        guard let tasks else { return [:] }
        return [LogKey.taskIDs: "\(named(tasks))", LogKey.taskCount: "\(tasks.count)"]
    }

    private static func types(_ types: [TaskType]?) -> Logger.Metadata {
        types.map { [LogKey.taskTypes: "\(named($0))"] } ?? [:]
    }

    private static func named(_ all: [some CustomStringConvertible]) -> String {
        all.prefix(maximumNamed).map(\.description).joined(separator: ",") + (all.count > maximumNamed ? ",…" : "")
    }
}
