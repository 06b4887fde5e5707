import TaskGridCore

extension Alert {
    /// The alerts of the work of types whose workers live and whose breakers are closed: a cause that is told hides its consequences.
    /// Tasks of a type fail; its backlog grows; or, if it does not, a task of it waits for too long. The `hindered`
    /// types are left out, because a cause of theirs is told.
    static func ofLoad(
        _ statistics: Statistics, hindered: Set<TaskType>, thresholds: AlertThresholds, at now: Timestamp
    ) -> [Subject: Condition] {
        var conditions: [Subject: Condition] = [:]
        for (type, work) in statistics.types where !hindered.contains(type) {
            if let message = failures(of: type, in: work, over: thresholds, at: now) {
                conditions[Subject(kind: .failureRate, type: type)] = Condition(message)
            }
            guard !work.isPaused, work.states.due > 0 else { continue }
            if thresholds.backlog > 0, work.backlog.waiting >= thresholds.backlog, work.backlog.grows {
                conditions[Subject(kind: .backlogGrows, type: type)] = """
                    more tasks of type \(type) come than end, for \(Int(BacklogTrend.window.seconds / 60)) minutes now, and some \
                    \(work.backlog.waiting.rounded2) wait: start more workers of type \(type), or see why tasks take longer
                    """
            } else if thresholds.waiting > .zero, let oldest = work.oldest, now - oldest.since >= thresholds.waiting {
                conditions[Subject(kind: .oldestWaiting, type: type)] = """
                    task \(oldest.id) of type \(type) has waited since \(oldest.since): start more workers of type \(type), or see \
                    'taskgrid workers \(type)' for what they do
                    """
            }
        }
        return conditions
    }

    private static func failures(
        of type: TaskType, in work: TypeStatistics, over thresholds: AlertThresholds, at now: Timestamp
    ) -> String? {
        let (succeeded, failed) = work.recentOutcomes.total(at: now)
        guard thresholds.failurePercent > 0, failed >= AlertThresholds.leastFailed else { return nil }
        let share = Double(failed) / (Double(failed) + Double(succeeded))
        guard share * 100 >= Double(thresholds.failurePercent) else { return nil }
        return """
            \(Int((share * 100).rounded())) % of the endings of tasks of type \(type) in the last 5 minutes were failures: see \
            'taskgrid errors --type \(type)' for their errors
            """
    }
}

extension Int {
    /// With two digits that say something, so that a message does not change each second.
    fileprivate var rounded2: Int {
        var step = 1
        while self / step >= 100 { step *= 10 }
        return self / step * step
    }
}
