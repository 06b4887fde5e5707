import AMQP

extension Message {
    /// The message as a broker delivers it, which has verified its user: the one of the worker or client that it names.
    var verified: Message {
        var message = self
        let id = properties.appID ?? properties.replyTo ?? "user"
        message.properties.userID = properties.userID ?? id.split(separator: ".").first.map(String.init)
        return message
    }
}
