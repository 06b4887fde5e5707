import AMQP
import Foundation
import TaskGridConfiguration

extension ManagementInterface {
    /// Imports definitions by the first of the interfaces that answers, each of which has the whole cluster.
    ///
    /// - Returns: the interface that has taken them.
    static func importing(
        _ definitions: Data, into interfaces: [ManagementInterface]
    ) async throws(TaskGridCommand.Failure) -> ManagementInterface {
        var silent: TaskGridCommand.Failure?
        for interface in interfaces {
            do throws(Failure) {
                try await interface.post("definitions", definitions)
                return interface
            } catch {
                guard error.status == nil else { throw interface.refusal(error) }
                silent = silent ?? interface.refusal(error)
            }
        }
        throw silent ?? TaskGridCommand.Failure(.failed, "no management interface is known: name one with --admin or TASKGRID_ADMIN")
    }

    /// Why definitions were not imported, and what to do.
    private func refusal(_ failure: Failure) -> TaskGridCommand.Failure {
        switch failure.status {
        case nil:
            TaskGridCommand.Failure(
                .unreachable,
                "RabbitMQ's management interface \(address) does not answer (\(failure.reason)): name it with --admin or TASKGRID_ADMIN; "
                    + "where it is off: rabbitmq-plugins enable rabbitmq_management")
        case 401:
            TaskGridCommand.Failure(
                .failed,
                "\(address) refuses the login (\(failure.reason)): give an administrator's in TASKGRID_ADMIN or --admin, "
                    + "http://user:password@host:port")
        default: TaskGridCommand.Failure(.failed, "RabbitMQ at \(address) refuses the definitions: \(failure.reason)")
        }
    }
}

extension Configuration {
    /// The management interfaces of the broker that are meant: as the setting `admin` says, else those that
    /// ``ManagementInterface`` finds.
    ///
    /// - Parameter endpoint: the broker.
    func managementInterfaces(beside endpoint: Endpoint) throws(Failure) -> [ManagementInterface] {
        try ManagementInterface.find(
            admin, named: program.sources.text("admin")?.name, folder: program.folder, endpoint: endpoint, ca: program.tls.ca)
    }
}
