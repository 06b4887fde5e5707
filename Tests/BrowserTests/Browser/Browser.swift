import Foundation
import Synchronization
import TestSupport

/// A browser that does what it is told (Chrome DevTools Protocol), and of which all that it says is kept.
final class Browser: Sendable {
    struct Refusal: Error, CustomStringConvertible {
        let method: String
        let answer: JSONTree
        var description: String { "\(method): \(answer)" }
    }

    let said = Journal<JSONTree>()
    private let write: @Sendable (String) async throws -> Void
    private let numbers = Mutex(0)

    init(write: @escaping @Sendable (String) async throws -> Void) {
        self.write = write
    }

    func take(_ message: String) {
        // The protocol is JSON; a test that waits for a message would miss one that is not.
        if let value = try? JSONDecoder().decode(JSONTree.self, from: Data(message.utf8)) { said.add(value) }
    }

    /// Has something done, and answers its result.
    @discardableResult
    func call(_ method: String, _ parameters: JSONTree = [:], session: String? = nil) async throws -> JSONTree {
        let number = numbers.withLock { number in
            number += 1
            return number
        }
        var message: [String: JSONTree] = ["id": .number(Double(number)), "method": .string(method), "params": parameters]
        if let session { message["sessionId"] = .string(session) }
        let before = said.count
        try await write(JSONTree.object(message).description)
        let answer = try await said.first(from: before) { $0["id"].number == Double(number) ? $0 : nil }
        guard answer["error"] == .null else { throw Refusal(method: method, answer: answer["error"]) }
        return answer["result"]
    }

    /// Opens a tab, of a width and height in CSS pixels.
    func tab(width: Int = 1280, height: Int = 900) async throws -> Tab {
        let target = try await call("Target.createTarget", ["url": "about:blank"])["targetId"]
        let session = try await call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"].string ?? ""
        let tab = Tab(browser: self, session: session)
        for domain in ["Page", "Runtime", "Log", "Network"] { try await tab.call("\(domain).enable") }
        try await tab.resize(width: width, height: height)
        return tab
    }
}
