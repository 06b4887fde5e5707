package import AMQP

/// The publisher of a message, as the broker has verified it.
extension BasicProperties {
    /// The user that has published the message. The broker has verified it, so that nobody speaks for another.
    ///
    /// A message that a queue has passed on (`x-dead-letter-exchange`) names the user that had sent it to that queue. Another user, who
    /// declared the queue, chose where it went. So it is refused. The broker adds the header `x-death` (rabbitmq.com, "Dead Letter Exchanges").
    package func publisher() throws(WireError) -> String {
        guard headers[WireFormat.passedOn] == nil else {
            throw WireError(.wrongUser, "a queue has passed the message on (\(WireFormat.passedOn)): nobody knows who wanted it here")
        }
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

    /// Refuses a message that is no query and that names somebody for whom it is sent: nobody submits, runs or reports for another.
    package func checkNoActor() throws(WireError) {
        guard headers[WireFormat.Header.actor] == nil else {
            throw WireError(.wrongUser, "\(WireFormat.Header.actor): queries of the monitor alone are asked for others")
        }
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
    /// Refuses a message that the dispatcher has not published, or another service that may publish it. Where everybody has one login, that
    /// is somebody of the receiver's own user; else it is the user by which the service logs in. The dispatcher is believed in everything. A
    /// receiver that logs in as a service of its own knows that not everybody has one login: its own user is believed in nothing more.
    ///
    /// - Parameters:
    ///   - message: a message that services alone publish.
    ///   - id: the id of its receiver.
    ///   - other: the user of another service that may publish such a message; nil: the dispatcher alone may.
    package func checkService(_ message: Message, to id: String, or other: String? = nil) throws(WireError) {
        let user = try message.properties.publisher()
        let isOneLogin = id.belongs(to: user) && !users.all.contains(user)
        guard isOneLogin || user == users.dispatcher || user == other else {
            let believed = [users.dispatcher, other].compactMap(\.self).joined(separator: "' or '")
            throw WireError(.wrongUser, "user '\(user.cut(toUTF8: 80))' may not send this: a service does, as the user '\(believed)'")
        }
    }

    /// Refuses an answer to a query by another than the service that answers such queries.
    ///
    /// - Parameters:
    ///   - message: the answer.
    ///   - id: the id of its receiver.
    package func checkAnswer(_ message: Message, to id: String) throws(WireError) {
        try checkService(message, to: id, or: message.properties.type == WorkersQuery.name ? users.nameservice : nil)
    }

    /// Refuses an event by another than the service that it is about.
    ///
    /// - Parameters:
    ///   - message: the event.
    ///   - key: its routing key.
    ///   - id: the id of its receiver.
    package func checkEvent(_ message: Message, key: String, to id: String) throws(WireError) {
        let other: String? =
            switch key.prefix(while: { $0 != "." }) {
            case "worker": users.nameservice
            case "grid":
                switch (try? JSON.decode(GridEvent.self, message.body))?.service {
                case Service.nameservice.rawValue: users.nameservice
                case "monitor": users.monitor
                default: nil
                }
            default: nil
            }
        try checkService(message, to: id, or: other)
    }
}
