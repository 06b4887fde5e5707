/// Sends a request to a worker that lives. Asking again does no harm.
///
/// The worker's next heartbeat says whether it has done so; one that ends says that it leaves.
package struct WorkerRequestQuery: Query, Hashable {
    package static let name = "worker"
    package static let service = Topology.Service.dispatcher

    package var worker: String
    package var request: WorkerRequest

    package init(_ request: WorkerRequest, worker: String) {
        self.worker = worker
        self.request = request
    }

    /// The worker as it was heard last. It is sent the request.
    package struct Answer: Codable, Sendable, Hashable {
        package var worker: String
        package var types: [TaskType]
        /// How many tasks it runs.
        package var running: Int

        package init(worker: String, types: [TaskType], running: Int) {
            self.worker = worker
            self.types = types
            self.running = running
        }
    }
}
