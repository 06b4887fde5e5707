import TaskGridCore

extension BulkAction.Kind {
    /// As in "retry the 3 failed tasks?".
    var verb: String {
        switch self {
        case .retry: "retry"
        case .cancel: "cancel"
        }
    }

    /// As in "3 retried".
    var participle: String {
        switch self {
        case .retry: "retried"
        case .cancel: "cancelled"
        }
    }

    /// What is so of the tasks that were changed, as in "3 tasks will be done again".
    var done: String {
        switch self {
        case .retry: "will be done again"
        case .cancel: "cancelled"
        }
    }

    /// What is so of the others, as in "3 could not be".
    var undone: String {
        switch self {
        case .retry: "will not"
        case .cancel: "could not be"
        }
    }

    /// The tasks that are meant where no state is named.
    var defaultTasks: String {
        switch self {
        case .retry: "failed"
        case .cancel: "open"
        }
    }
}
