import TaskStore

extension StoreError {
    /// The error as a client is told it: its kind, without the hosts, users and paths of the message, which the log has.
    var publicMessage: String { "the store cannot be used now, because \(kind); the dispatcher's log says more" }

    private var kind: String {
        switch code {
        case .diskFull: "its disk is full"
        case .locked: "another process has locked it"
        case .readOnly: "the dispatcher may not write to it"
        case .unavailable: "there is no connection to the server of its database, or the server does not answer"
        case .noLogin: "the dispatcher cannot log in to its database"
        case .missing: "it was removed or was replaced, or the dispatcher may not use it any more"
        case .corrupt: "it is damaged"
        case .newerVersion: "a newer version has changed it"
        case .moved: "it was moved"
        case .superseded: "another dispatcher has taken it over"
        case .unknown: "nobody knows whether its latest changes were made"
        case .closed: "the dispatcher stops"
        case .badRequest: "it cannot take such a request"
        case .failed: "it has failed"
        }
    }
}
