/// Sends a request to a worker that lives. Asking again does no harm.
///
/// The worker's next heartbeat says whether it has done so; one that ends says that it leaves.
public struct WorkerRequestQuery: Query, Hashable {
    public static let name = "worker"
    public static let service = Topology.Service.dispatcher

    public var worker: String
    public var request: WorkerRequest

    public init(_ request: WorkerRequest, worker: String) {
        self.worker = worker
        self.request = request
    }

    /// The worker as it was heard last. It is sent the request.
    public struct Answer: Codable, Sendable, Hashable {
        public var worker: String
        public var types: [TaskType]
        /// How many tasks it runs.
        public var running: Int

        public init(worker: String, types: [TaskType], running: Int) {
            self.worker = worker
            self.types = types
            self.running = running
        }
    }
}
