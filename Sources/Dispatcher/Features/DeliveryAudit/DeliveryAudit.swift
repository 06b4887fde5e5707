import TaskGridCore

/// Finds the deliveries of one type that are nowhere: not in the work queue, not with a worker, and no result of them on its
/// way. Pure: it is told what happens, and says when to send a marker and which attempts are lost.
///
/// A work queue is first in, first out, so what was handed out before a marker has left the queue once that marker is back.
/// A delivery of these that no live worker names then is *suspect*: its worker may have taken it since the latest heartbeat, or its
/// result may be on its way. Heartbeats and results clear suspects; those that are left when a later marker comes back, sent
/// after every worker has had its heartbeats, are lost: a purged or deleted queue, a broker that forgot, a result that nobody
/// could read. A wrong suspicion costs a second run and no more, because attempts are fenced.
struct DeliveryAudit {
    /// Between two markers while all is well.
    static let interval = Duration.seconds(2)
    /// A queue whose marker does not come back is long: the next ones follow ever later, up to this.
    static let longestInterval = Duration.seconds(300)
    /// From a marker that left suspects to the next one, for workers that beat each second.
    static let respite = Duration.milliseconds(2500)

    /// The number of the latest marker. It begins somewhere, so that markers of an earlier dispatcher are not taken for its own.
    private(set) var number: Int
    /// Attempts handed out before a marker that is back, and not heard of since; by task.
    private(set) var suspects: [TaskID: Int] = [:]
    /// The latest marker that is back.
    private var latestBack: Int
    /// The first marker whose return condemns the suspects.
    private var judging: Int?
    /// When the next marker is due; nil while nothing is out.
    var next: Moment?
    private var unanswered = 0

    /// `due`: when the first marker is due: at once where much may have been lost, such as after a restart; nil:
    /// an interval after something is handed out.
    init(after number: Int = .random(in: 1..<(1 << 29)), due: Moment? = nil) {
        self.number = number
        latestBack = number
        next = due
    }

    /// The number of the marker to send now, if one is due.
    ///
    /// `hasHandedOut`: something is out that could be lost.
    mutating func marker(at now: Moment, hasHandedOut: Bool) -> Int? {
        guard hasHandedOut else {
            next = nil
            return nil
        }
        guard let due = next else {
            next = now + Self.interval
            return nil
        }
        guard due <= now else { return nil }
        number += 1
        if !suspects.isEmpty, judging == nil { judging = number }
        next = now + min(Self.interval * (1 << min(unanswered, 10)), Self.longestInterval)
        unanswered += 1
        return number
    }

    /// A worker's heartbeat names this attempt.
    mutating func clear(_ held: RegistryMessage.Held) {
        if !suspects.isEmpty, suspects[held.task] == held.attempt { suspects[held.task] = nil }
    }

    /// A task is out no more.
    mutating func forget(_ task: TaskID) {
        if !suspects.isEmpty { suspects[task] = nil }
    }

    /// A marker is back.
    ///
    /// - `candidates`: what was handed out before that marker was sent and is named by no live worker; by task its attempt.
    /// - `heartbeat`: the longest time between two heartbeats of the type's workers.
    /// - Returns: the attempts that are lost.
    mutating func returned(
        _ marker: Int, candidates: [TaskID: Int], heartbeat: Duration, at now: Moment
    ) -> [TaskID: Int] {
        guard marker > latestBack, marker <= number else { return [:] }
        latestBack = marker
        unanswered = 0
        var lost: [TaskID: Int] = [:]
        if let judging, marker >= judging {
            lost = candidates.filter { suspects[$0.key] == $0.value }
            self.judging = nil
        }
        // Until judgement the first suspicion stands; later suspects wait for the next one.
        if judging == nil { suspects = candidates.filter { lost[$0.key] == nil } }
        next = now + (suspects.isEmpty ? Self.interval : max(Self.respite, heartbeat * 2.5))
        return lost
    }
}
