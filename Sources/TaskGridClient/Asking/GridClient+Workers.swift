package import TaskGridCore

extension GridClient {
    /// Asks a worker to take no more tasks, to take tasks again, or to stop. It has been asked when this returns; its next heartbeat says
    /// what it does.
    ///
    /// - Throws: `unknownTask` where no worker with this id lives; `serviceUnavailable` where the dispatcher does not answer.
    @discardableResult
    package func ask(_ request: WorkerRequest, of worker: String) async throws(ClientError) -> WorkerRequestQuery.Answer {
        try await command(WorkerRequestQuery(request, worker: worker)).answer
    }
}
