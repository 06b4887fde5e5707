/// Reads from the broker's close of the publish channel which publication it was closed for. Pure.
///
/// Several publications are on their way when a channel closes, and the broker does not say which of them it means. Its text
/// names the size, or the exchange and for a topic permission the routing key (RabbitMQ 3.10 to 4.x).
struct RefusalNotice {
    private enum Subject {
        case size(Int, limit: Int)
        /// Named in the text.
        case exchange
    }

    private let code: Int
    private let text: String
    private let subject: Subject

    /// nil where the text names nothing that a publication can be known by.
    init?(code: Int, text: String) {
        self.code = code
        self.text = text
        switch code {
        case 406:
            // "message size 17825792 is larger than configured max size 16777216"; without a setting "configured" is missing.
            guard text.contains("message size ") else { return nil }
            let numbers = text.split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
            guard numbers.count == 2, numbers[0] > numbers[1] else { return nil }
            subject = .size(numbers[0], limit: numbers[1])
        case 403, 404:
            guard text.contains("exchange '") else { return nil }
            subject = .exchange
        default:
            return nil
        }
    }

    /// The most bytes of a body that the broker takes, where it says so.
    var maximumBodySize: Int? {
        if case .size(_, let limit) = subject { limit } else { nil }
    }

    /// Why the broker refuses this publication; nil where the text does not fit it. With `mayHaveArrived`, the broker may mean a
    /// later publication and have taken this one.
    func refusal(of publication: Publication, mayHaveArrived: Bool = false) -> Refusal? {
        switch subject {
        case .size(_, let limit):
            let size = publication.message.body.count
            return size > limit ? .tooLarge(size: size, limit: limit) : nil
        case .exchange:
            guard text.contains("exchange '\(publication.exchange)'") else { return nil }
            if text.contains(" topic '"), !text.contains(" topic '\(publication.routingKey)'") { return nil }
            return code == 404 ? .exchangeNotFound(text, mayHaveArrived: mayHaveArrived) : .accessRefused(text)
        }
    }
}
