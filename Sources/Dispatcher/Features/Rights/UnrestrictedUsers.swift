import Logging

/// Finds out whether several users use a grid that has no rights.
struct UnrestrictedUsers {
    private var first: String?
    private var isFound = false

    /// Takes down a user that has sent something.
    ///
    /// - Returns: true once, for the first user that is not the only one.
    mutating func findsAnother(_ user: String) -> Bool {
        guard !isFound, !user.isEmpty, user != first else { return false }
        isFound = first != nil
        first = first ?? user
        return isFound
    }
}

extension Scheduler {
    /// Warns once where users have logins of their own and no rights: they were made by somebody who relies on rights.
    func noteUser(_ user: String) {
        guard configuration.access == nil, unrestrictedUsers.findsAnother(user) else { return }
        logger.warning("several users, and no rights are set: each may do everything; name the file of rights in dispatcher.rights")
    }
}
