import Foundation
import TaskGridClient
import TaskGridCore

/// How a task ended, as a line.
struct EndingLine: Encodable {
    let ending: Ending

    init(_ ending: Ending) { self.ending = ending }

    /// Id, state and result or error, set apart by tabs. The result is as the worker gave it; an error stays on the line.
    var text: Data {
        var line = Data("\(ending.id)\t\(ending.state)\t".utf8)
        line.append(ending.state == .succeeded ? ending.result : Data(Terminal.plain(ending.error?.description ?? "").utf8))
        return line
    }

    var json: Data { JSON.encode(self) }

    private enum CodingKeys: String, CodingKey {
        case id, state, result, error, worker, attempt
        case resultBase64 = "result_base64"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ending.id, forKey: .id)
        try container.encode(ending.state, forKey: .state)
        if ending.state == .succeeded {
            if let text = String(validating: ending.result, as: UTF8.self) {
                try container.encode(text, forKey: .result)
            } else {
                try container.encode(ending.result, forKey: .resultBase64)
            }
        }
        try container.encodeIfPresent(ending.error?.description, forKey: .error)
        try container.encode(ending.attempt, forKey: .attempt)
        try container.encode(ending.worker, forKey: .worker)
    }
}
