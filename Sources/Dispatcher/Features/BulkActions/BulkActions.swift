import ServiceSupport
import TaskGridCore

/// The bulk actions that the dispatcher knows. One of them takes a step at a time; the others wait in the order in which they were
/// started. Pure.
struct BulkActions {
    /// How many may run or wait.
    static let maximumRunning = 16

    private(set) var actions: [String: BulkAction] = [:]
    /// Those whose counts differ from what was written of them.
    private var corrections: Set<String> = []
    /// The step that a turn is about to take, or takes.
    private(set) var step: BulkStep?

    init(_ actions: [BulkAction] = []) {
        for action in actions { self.actions[action.id] = action }
    }

    /// The one that was started last first.
    var newestFirst: [BulkAction] { actions.values.sorted { ($0.started, $0.id) > ($1.started, $1.id) } }

    var running: [BulkAction] { actions.values.filter { $0.state == .running } }

    /// The action whose turn it is, from now on under way; nil: none is, or its step is under way.
    mutating func begin() -> BulkAction? {
        guard step == nil, let next = running.min(by: { ($0.started, $0.id) < ($1.started, $1.id) }) else { return nil }
        step = BulkStep(action: next.id, from: next.before, next: nil)
        return next
    }

    /// Its tasks are found: a turn takes the step.
    mutating func found(_ step: BulkStep) { self.step = step }

    /// Nothing comes of the step; it is begun again.
    mutating func abandon(_ step: BulkStep) {
        if self.step?.action == step.action { self.step = nil }
    }

    /// The outcomes of a step's tasks are known: so many were not changed.
    mutating func correct(_ id: String, refused: Int) {
        guard refused > 0, var action = actions[id] else { return }
        action.done -= refused
        action.refused += refused
        actions[id] = action
        corrections.insert(id)
    }

    /// The actions whose counts are to be written again.
    mutating func takeCorrections() -> [BulkAction] {
        defer { corrections = [] }
        return corrections.sorted().compactMap { actions[$0] }
    }

    /// Notes an action as it stands now.
    mutating func update(_ action: BulkAction) {
        actions[action.id] = action
        let old = newestFirst.filter { $0.ended != nil }.dropFirst(BulkAction.maximum)
        for action in old { actions[action.id] = nil }
    }
}

extension BulkAction {
    /// Whether another with its id is the same, started again. Its times are left out: those that say how long ago move on until then.
    func isRepeated(by other: BulkAction) -> Bool {
        func what(_ action: BulkAction) -> TaskFilter {
            TaskFilter(
                type: action.filter.type, state: action.filter.state, text: action.filter.text, errorGroup: action.filter.errorGroup,
                isOpen: action.filter.isOpen)
        }
        return kind == other.kind && what(self) == what(other)
    }
}

/// A part of a bulk action, taken within one turn.
struct BulkStep: Hashable, Sendable {
    /// The most tasks of one.
    static let maximumTasks = 500

    let action: String
    /// Its tasks are below this id; nil: the newest.
    let from: TaskID?
    /// The place where the next step goes on; nil: this is the last one.
    let next: TaskID?
}
