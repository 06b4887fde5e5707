import TaskGridCore

/// The lengths of the steps in which history is kept, and for how long. Each multiple of the first is kept besides it, so that a
/// long window is read as quickly as a short one.
enum HistoryStep: Int64, CaseIterable, Sendable {
    case tenSeconds = 10
    case minute = 60
    case halfHour = 1800

    var seconds: Int { Int(rawValue) }
    var milliseconds: Int64 { rawValue * 1000 }

    var keep: Duration {
        switch self {
        case .tenSeconds: .seconds(86_400)
        case .minute, .halfHour: .seconds(30 * 86_400)
        }
    }

    /// The beginning of the step that `time` lies in.
    func start(_ time: Timestamp) -> Timestamp { Timestamp(rawValue: time.rawValue - time.rawValue % milliseconds) }
}

/// The window that `/history` shows: how far back, and in which steps.
enum HistoryWindow: String, CaseIterable, Sendable {
    case fiveMinutes = "5m"
    case hour = "1h"
    case day = "1d"
    case week = "1w"
    case month = "30d"

    var step: HistoryStep {
        switch self {
        case .fiveMinutes, .hour: .tenSeconds
        case .day: .minute
        case .week, .month: .halfHour
        }
    }

    /// How many steps it has.
    var count: Int {
        switch self {
        case .fiveMinutes: 30
        case .hour: 360
        case .day, .month: 1440
        case .week: 336
        }
    }
}
