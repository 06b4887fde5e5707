package import AMQP

/// The publisher of a message, as the broker has verified it.
extension BasicProperties {
    /// The user that has published the message. The broker has verified it, so that nobody speaks for another.
    package func publisher() throws(WireError) -> String {
        guard let userID, !userID.isEmpty else {
            throw WireError(.missingProperty, "user-id is missing: the publisher's user, which the broker verifies")
        }
        return userID
    }

    /// Refuses the id of a worker or client of another user.
    ///
    /// - Parameters:
    ///   - id: an id that the message names as its publisher's.
    ///   - what: the name of the property.
    package func check(owner id: String, _ what: String) throws(WireError) {
        let user = try publisher()
        guard id.belongs(to: user) else {
            throw WireError(
                .wrongUser,
                "\(what) '\(id.cut(toUTF8: 80))' does not begin with its publisher's user and a dot, '\(user.cut(toUTF8: 80)).'"
            )
        }
    }

    /// For whom a query is asked, where the monitor asks it for somebody.
    ///
    /// - Parameter monitor: the user that alone may act for others; nil: everybody has the same login.
    package func actor(by monitor: String?) throws(WireError) -> String? {
        guard let header = headers[WireFormat.Header.actor] else { return nil }
        let user = try publisher()
        if let monitor, user != monitor {
            throw WireError(
                .wrongUser,
                "\(WireFormat.Header.actor): user '\(user.cut(toUTF8: 80))' may not act for others, the monitor '\(monitor)' may")
        }
        guard let name = header.text, (1...WireFormat.maximumIDLength).contains(name.utf8.count) else {
            throw WireError(.badProperty, "\(WireFormat.Header.actor) is no text of 1 to \(WireFormat.maximumIDLength) bytes")
        }
        return name
    }

    /// The id of the client that gets the answer to a query.
    package func answersTo() throws(WireError) -> String {
        let id = try required(replyTo, "reply-to (the client's id)", atMost: WireFormat.maximumIDLength)
        try check(owner: id, "reply-to")
        return id
    }
}

extension String {
    /// Whether this id of a worker or a client is the user's: it is the user's name, or begins with it and a dot.
    package func belongs(to user: String) -> Bool {
        utf8.starts(with: user.utf8) && (utf8.count == user.utf8.count || utf8.dropFirst(user.utf8.count).first == UInt8(ascii: "."))
    }

    /// The id of something that belongs to a user.
    package func owned(by user: String) -> String { "\(user).\(self)" }
}

extension Topology {
    /// Refuses a message that no service has published: where everybody has one login, somebody of one's own user; else one of the users by
    /// which the services log in.
    ///
    /// - Parameters:
    ///   - message: a message that services alone publish.
    ///   - id: the id of its receiver.
    package func checkService(_ message: Message, to id: String) throws(WireError) {
        let user = try message.properties.publisher()
        guard id.belongs(to: user) || users.all.contains(user) else {
            throw WireError(
                .wrongUser, "user '\(user.cut(toUTF8: 80))' is none of the grid's services: they are \(users.all.joined(separator: ", "))")
        }
    }
}
