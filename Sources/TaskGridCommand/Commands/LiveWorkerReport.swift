import TaskGridCore

/// A live worker as `taskgrid workers --json` prints it: its latest message and when that came, with times as everywhere in the
/// command's JSON.
struct LiveWorkerReport: Encodable {
    let live: LiveWorker

    private enum CodingKeys: String, CodingKey {
        case worker
        case lastSeen = "last_seen"
    }

    private enum WorkerKeys: String, CodingKey {
        case started
    }

    init(_ live: LiveWorker) {
        self.live = live
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(live.lastSeen.description, forKey: .lastSeen)
        let message = container.superEncoder(forKey: .worker)
        try live.worker.encode(to: message)
        var worker = message.container(keyedBy: WorkerKeys.self)
        let started = live.worker.started
        // Null where the worker does not say.
        try worker.encode(started.rawValue == 0 ? nil : started.description, forKey: .started)
    }
}
