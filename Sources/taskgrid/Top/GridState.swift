import TaskGridCore

/// What `top` shows of a grid: the part that it reads of what the monitor's `/stats` answers, or of what its stream of events begins with.
struct GridState: Decodable {
    struct Work: Decodable {
        var tasks: TaskCounts
        var breaker: BreakerState
        var paused: Bool
        var rate: Double
        var workers: Int
        /// Milliseconds; nil where nothing was measured.
        var p50: Double?
        var p95: Double?

        enum CodingKeys: String, CodingKey {
            case tasks, breaker, paused
            case rate = "throughput_per_second"
            case workers = "active_workers"
            case p50 = "p50_ms"
            case p95 = "p95_ms"
        }
    }

    struct Ledger: Decodable {
        var submitted: Int
        var accounted: Int
        var balances: Bool

        enum CodingKeys: String, CodingKey {
            case submitted, balances
            case accounted = "accounted_for"
        }
    }

    struct Worker: Decodable {
        var state: String
        var types: [TaskType]
        /// How many it serves, where fewer are named.
        var typeCount: Int?
        var host: String
        var version: String
        var concurrency: Int
        var running: Int
        var done: Int
        var failed: Int
        /// Seconds.
        var lastSeen: Double

        enum CodingKeys: String, CodingKey {
            case state, types, host, version, concurrency, done, failed
            case typeCount = "type_count"
            case running = "running_tasks"
            case lastSeen = "last_seen_seconds_ago"
        }
    }

    struct Event: Decodable {
        var kind: String
        var service: String
        var at: String
        var message: String
    }

    struct Alert: Decodable {
        var message: String
    }

    struct Broker: Decodable {
        var connected: Bool
        var blocked: Bool
    }

    var all: Work
    var ledger: Ledger
    /// The busiest, where there are more than are told.
    var types: [TaskType: Work]
    var workers: [String: Worker]
    /// How many there are of each.
    var knownTypes: Int
    var knownWorkers: Int
    var standingAlerts: Int
    /// The oldest first.
    var events: [Event]
    var alerts: [Alert]
    var broker: Broker
    var at: String
    /// Seconds that the numbers without a time of their own are of.
    var uptime: Double
    /// The dispatcher's store; nil until a dispatcher has told of it.
    var store: String?

    enum CodingKeys: String, CodingKey {
        case ledger, types, workers, events, alerts, broker, at, store
        case knownTypes = "known_types"
        case knownWorkers = "known_workers"
        case standingAlerts = "standing_alerts"
        case uptime = "uptime_seconds"
    }

    init(from decoder: any Decoder) throws {
        all = try Work(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        ledger = try container.decode(Ledger.self, forKey: .ledger)
        // A table without rows is left out.
        types = try container.decodeIfPresent([TaskType: Work].self, forKey: .types) ?? [:]
        workers = try container.decodeIfPresent([String: Worker].self, forKey: .workers) ?? [:]
        events = try container.decode([Event].self, forKey: .events)
        alerts = try container.decode([Alert].self, forKey: .alerts)
        knownTypes = try container.decodeIfPresent(Int.self, forKey: .knownTypes) ?? types.count
        knownWorkers = try container.decodeIfPresent(Int.self, forKey: .knownWorkers) ?? workers.count
        standingAlerts = try container.decodeIfPresent(Int.self, forKey: .standingAlerts) ?? alerts.count
        broker = try container.decode(Broker.self, forKey: .broker)
        at = try container.decode(String.self, forKey: .at)
        uptime = try container.decode(Double.self, forKey: .uptime)
        store = try container.decodeIfPresent(String.self, forKey: .store)
    }
}
