/// The user of a message that its queue's owner has moved to a queue that replaces it. The broker takes no message in the name of another, so
/// the message is published as the owner's own, with the former user in a header.
extension BasicProperties {
    /// The header. Nobody but the owner of a queue can make a receiver believe it.
    package static let formerUser = "taskgrid-former-user"

    /// Gives a message back the user that it had before it was moved.
    ///
    /// - Parameter mover: the user of the receiver, which is believed: it owns the queue. The header of anybody else is dropped.
    mutating func restoreUser(movedBy mover: String) {
        guard let former = headers.removeValue(forKey: Self.formerUser), userID == mover, case .string(let user) = former else { return }
        userID = user
    }
}
