import AMQP
import Logging
import ServiceSupport
import TaskGridCore

extension Scheduler {
    /// Plans the request to a worker and the answer. Nothing is written: a worker that starts anew has another id.
    func planRequest(_ request: WorkerRequest, to worker: String, _ command: AdminCommand, in turn: inout Turn) {
        let answer: Result<WorkerRequestQuery.Answer, QueryError>
        if let known = workers.workers[worker]?.message {
            logger.notice(
                "request to a worker", metadata: [LogKey.workerID: "\(worker)", LogKey.workerRequest: "\(request.rawValue)"])
            turn.plan.publications.append(
                Publication(exchange: topology.control.name, routingKey: topology.workerKey(worker), message: request.message()))
            tell(.notice, "worker \(worker) is asked to \(request.words)", in: &turn)
            answer = .success(WorkerRequestQuery.Answer(worker: worker, types: known.types, running: known.running.count))
        } else {
            answer = .failure(QueryError(.notFound, "worker '\(worker.prefix(100))' is not known: no worker with this id lives"))
        }
        guard let replyTo = command.replyTo else { return }
        turn.plan.publications.append(.answer(AnswerMessage.message(answer, to: command.query), to: replyTo, topology))
    }
}

extension WorkerRequest {
    fileprivate var words: String {
        switch self {
        case .quiet: "take no more tasks"
        case .resume: "take tasks again"
        case .stop: "stop"
        }
    }
}
