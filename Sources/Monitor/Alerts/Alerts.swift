import TaskGridCore

/// The alerts that stand, and since when. Pure: what is so now goes in each second, what has changed comes out.
///
/// Bounded: at most `maximumOfKind` of each kind, those first whose type or worker comes first.
struct Alerts: Sendable {
    static let maximumOfKind = 50

    /// All that is so, also that which is not told yet.
    private var standing: [Alert.Subject: Alert] = [:]
    private var told: Set<Alert.Subject> = []

    /// The alerts that stand now, in the order of their kinds, types and workers.
    var current: [Alert] { told.sorted().compactMap { standing[$0] } }

    /// `conditions`: what is so now, and what is to be said of it.
    /// - Returns: the alerts that start and those that end with that.
    mutating func update(_ conditions: [Alert.Subject: Alert.Condition], at now: Timestamp) -> [AlertChange] {
        var ended: [AlertChange] = []
        let isHidden = hidesOthers(conditions, at: now)
        for (subject, alert) in standing where conditions[subject] == nil {
            // Nothing has been heard to the contrary.
            if !isHidden, subject.kind.isHeardOf, told.contains(subject), conditions.keys.contains(where: \.kind.isOfBroker) { continue }
            standing[subject] = nil
            if told.remove(subject) != nil { ended.append(AlertChange(alert: alert, isActive: false, at: now)) }
        }
        var places = [Alert.Kind: Int]()
        for kind in Alert.Kind.allCases { places[kind] = Self.maximumOfKind }
        for subject in standing.keys { places[subject.kind, default: 0] -= 1 }
        var started: [AlertChange] = []
        for (subject, condition) in conditions.sorted(by: { $0.key < $1.key }) {
            if standing[subject] == nil {
                guard places[subject.kind, default: 0] > 0 else { continue }
                places[subject.kind, default: 0] -= 1
                standing[subject] = Alert(subject: subject, since: now, message: condition.message)
            }
            standing[subject]?.message = condition.message
            standing[subject]?.namedWorker = condition.worker
            guard let alert = standing[subject], !told.contains(subject), alert.since + subject.kind.grace <= now else { continue }
            told.insert(subject)
            started.append(AlertChange(alert: alert, isActive: true, at: now))
        }
        return ended.sorted { $0.alert.subject < $1.alert.subject } + started
    }

    /// Whether the broker's own alert is told, or is about to be: what follows from the broker is not told beside it. Until then,
    /// alerts that were told stay.
    private func hidesOthers(_ conditions: [Alert.Subject: Alert.Condition], at now: Timestamp) -> Bool {
        conditions.keys.contains { subject in
            subject.kind.isOfBroker && (standing[subject]?.since ?? now) + subject.kind.grace <= now
        }
    }
}
