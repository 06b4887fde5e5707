package import AMQP

/// A query to a service through `<p>.rpc`: JSON, its kind in the `type` property, answered on `<p>.reply` under the
/// client's id with the query's correlation id.
package protocol Query: Codable, Sendable {
    associatedtype Answer: Codable & Sendable
    /// The `type` property.
    static var name: String { get }
    /// The service that is asked.
    static var service: Topology.Service { get }
}

extension Query {
    /// - Parameters:
    ///   - client: the id of the client that gets the answer.
    ///   - correlation: tells this query's answer from those of the client's other queries.
    ///   - patience: how long the client waits; a query that is not answered by then is dropped.
    ///   - budget: how large the answer may be; nil: as large as usual.
    ///   - actor: for whom the monitor asks; nil: for itself.
    package func message(
        from client: String, correlation: String, within patience: Duration? = nil, budget: AnswerBudget? = nil, actor: String? = nil
    ) -> Message {
        var headers: FieldTable = budget.map { [WireFormat.Header.answerBytes: .int(Int64($0.bytes))] } ?? [:]
        if let actor { headers[WireFormat.Header.actor] = .string(actor) }
        return Message(
            properties: BasicProperties(
                contentType: WireFormat.jsonContentType, headers: headers,
                correlationID: correlation, replyTo: client, expiration: patience, type: Self.name
            ),
            body: JSON.encode(self)
        )
    }
}

/// The limits of every query.
package enum QueryLimits {
    /// The most bytes of a query's body; longer ones are refused unread.
    package static let maximumBody = 256 << 10
    /// How long a caller waits that does not say so, and the longest that one can say.
    package static let patience = Duration.seconds(30)
    package static let maximumPatience = Duration.seconds(120)

    /// How long the client of a query waits, from when it was sent.
    package static func patience(of query: Message) -> Duration {
        min(max(.zero, query.properties.expiration ?? patience), maximumPatience)
    }
}

/// Why a query has no answer.
package struct QueryError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable {
        case notFound = "not_found"
        case badQuery = "bad_query"
        case unavailable
        /// The user has not the right to ask this.
        case forbidden
        /// Things are not as whoever asked takes them to be.
        case conflict
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

/// The answer's place on the wire: JSON, header `taskgrid-status` says `answer` or `error`.
package enum AnswerMessage {
    static let answer = "answer"
    static let error = "error"

    /// The names that it repeats are cut to what AMQP carries: what was not UTF-8 in them has grown by being replaced.
    package static func message(_ result: Result<some Encodable, QueryError>, to query: Message) -> Message {
        let (status, body) =
            switch result {
            case .success(let answer): (Self.answer, JSON.encode(answer))
            case .failure(let error): (Self.error, JSON.encode(error))
            }
        return Message(
            properties: BasicProperties(
                contentType: WireFormat.jsonContentType, headers: [WireFormat.Header.status: .string(status)],
                correlationID: query.properties.correlationID?.cut(toUTF8: WireFormat.maximumNameLength),
                type: query.properties.type?.cut(toUTF8: WireFormat.maximumNameLength)
            ),
            body: body
        )
    }

    /// The answer to the same query that says why `answer` cannot be sent.
    package static func replacing(_ answer: Message, because reason: String) -> Message {
        let error = QueryError(.unavailable, "the answer cannot be sent: \(reason); ask for less")
        return refusal(error, to: answer)
    }

    /// The answer to a query that is refused.
    package static func refusal(_ error: QueryError, to query: Message) -> Message {
        message(Result<Never, QueryError>.failure(error), to: query)
    }

    /// Whether a message on a reply queue answers a query (or else a submission).
    package static func isAnswer(_ message: Message) -> Bool {
        let status = message.properties.headers[WireFormat.Header.status]?.text
        return status == answer || status == error && message.properties.contentType == WireFormat.jsonContentType
    }

    /// The body of the answer, to be read by who asked; throws what the service refused with.
    package static func read<Answer: Decodable>(_ type: Answer.Type, _ message: Message) throws(QueryError) -> Answer {
        do {
            if message.properties.headers[WireFormat.Header.status]?.text == answer {
                return try JSON.decode(type, message.body)
            }
            throw try JSON.decode(QueryError.self, message.body)
        } catch let error as QueryError {
            throw error
        } catch {
            throw QueryError(.unavailable, "the answer cannot be read: \(error)")
        }
    }
}
