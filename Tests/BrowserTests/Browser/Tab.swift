import Foundation
import TestSupport
import Testing

/// A tab: what a person does in it, and sees.
struct Tab: Sendable {
    let browser: Browser
    let session: String

    struct Thrown: Error, CustomStringConvertible {
        let expression: String
        let details: JSONTree
        var description: String { "\(expression): \(details)" }
    }

    @discardableResult
    func call(_ method: String, _ parameters: JSONTree = [:]) async throws -> JSONTree {
        try await browser.call(method, parameters, session: session)
    }

    // MARK: Looking

    /// The value of an expression in the page.
    @discardableResult
    func evaluate(_ expression: String) async throws -> JSONTree {
        let answer = try await call(
            "Runtime.evaluate", ["expression": .string(expression), "returnByValue": true, "awaitPromise": true, "userGesture": true]
        )
        guard answer["exceptionDetails"] == .null else { throw Thrown(expression: expression, details: answer["exceptionDetails"]) }
        return answer["result"]["value"]
    }

    /// Waits until an expression is true, looking again after each change of the page and of its focus.
    func until(_ expression: String) async throws {
        do {
            try await evaluate(Self.wait(for: expression))
        } catch let error as CancellationError {
            Issue.record("waited until the test's time was over for: \(expression)")
            throw error
        }
    }

    private static func wait(for expression: String) -> String {
        """
        new Promise((resolve) => {
            const look = () => {
                let isSo = false;
                try { isSo = \(expression); } catch { /* Not there yet. */ }
                if (!isSo) return;
                observer.disconnect();
                document.removeEventListener("focusin", look);
                resolve(true);
            };
            const observer = new MutationObserver(look);
            observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
            document.addEventListener("focusin", look);
            look();
        })
        """
    }

    /// Waits until an element that a person can see has the text.
    func sees(_ text: String, in selector: String = "body") async throws {
        try await until(
            "[...document.querySelectorAll(\(quoted(selector)))]"
                + ".some((one) => one.checkVisibility() && one.innerText.includes(\(quoted(text))))"
        )
    }

    /// The text of the first element that the selector finds.
    func text(_ selector: String) async throws -> String {
        try await evaluate("document.querySelector(\(quoted(selector))).innerText").string ?? ""
    }

    /// Messages that a page should not print: errors and warnings on its console, exceptions, what was refused.
    var complaints: [String] {
        browser.said.entries.filter { $0["sessionId"].string == session }.compactMap { event in
            let parameters = event["params"]
            return switch event["method"].string {
            case "Runtime.exceptionThrown": parameters["exceptionDetails"].description
            case "Log.entryAdded" where ["error", "warning"].contains(parameters["entry"]["level"].string): parameters["entry"].description
            case "Runtime.consoleAPICalled" where ["error", "warning", "assert"].contains(parameters["type"].string): parameters.description
            default: nil
            }
        }
    }

    /// The addresses that it has asked for.
    var requests: [String] {
        browser.said.entries.filter { $0["sessionId"].string == session && $0["method"].string == "Network.requestWillBeSent" }
            .compactMap { $0["params"]["request"]["url"].string }
    }

    /// A picture of the whole page, as PNG.
    func screenshot(height: Int? = nil) async throws -> Data {
        let size = try await evaluate("({ width: innerWidth, height: document.documentElement.scrollHeight })")
        let clip: JSONTree = [
            "x": 0, "y": 0, "width": size["width"], "height": height.map { .number(Double($0)) } ?? size["height"], "scale": 1,
        ]
        let picture = try await call("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true, "clip": clip])
        return try #require(Data(base64Encoded: picture["data"].string ?? ""))
    }

    // MARK: Doing

    /// Goes to an address and waits until it is loaded.
    func open(_ address: String) async throws {
        let before = browser.said.count
        // To another fragment of the same page, nothing is loaded.
        guard try await call("Page.navigate", ["url": .string(address)])["loaderId"] != .null else { return }
        try await browser.said.first(from: before) { event in
            event["sessionId"].string == session && event["method"].string == "Page.loadEventFired" ? () : nil
        }
    }

    /// Clicks on the middle of the first element that the selector finds, once a person can.
    func click(_ selector: String) async throws {
        try await until("document.querySelector(\(quoted(selector))).checkVisibility()")
        let place = try await evaluate(
            """
            (() => {
                const element = document.querySelector(\(quoted(selector)));
                element.scrollIntoView({ block: "center", behavior: "instant" });
                const { x, y, width, height } = element.getBoundingClientRect();
                return { x: x + width / 2, y: y + height / 2 };
            })()
            """
        )
        for kind in ["mousePressed", "mouseReleased"] {
            let event: JSONTree = ["type": .string(kind), "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1]
            try await call("Input.dispatchMouseEvent", event)
        }
    }

    /// Types into what has the focus.
    func type(_ text: String) async throws { try await call("Input.insertText", ["text": .string(text)]) }

    /// Presses a key, such as `Enter` or `ArrowLeft`.
    func press(_ key: String) async throws {
        let codes = ["Enter": 13, "Tab": 9, "Escape": 27, "ArrowLeft": 37]
        var event: [String: JSONTree] = [
            "type": "keyDown", "key": .string(key), "code": .string(key), "windowsVirtualKeyCode": .number(Double(codes[key] ?? 0)),
        ]
        if key == "Enter" { event["text"] = "\r" }
        try await call("Input.dispatchKeyEvent", .object(event))
        event["type"] = "keyUp"
        event["text"] = nil
        try await call("Input.dispatchKeyEvent", .object(event))
    }

    /// Presses Tab until what the selector finds has the focus, at most once around the page.
    func tab(to selector: String) async throws {
        for _ in 0..<60 {
            try await press("Tab")
            if try await hasFocus(selector) { return }
        }
        Issue.record("a keyboard does not reach \(selector)")
    }

    func hasFocus(_ selector: String) async throws -> Bool {
        try await evaluate("document.activeElement.matches(\(quoted(selector)))").bool == true
    }

    func resize(width: Int, height: Int) async throws {
        let size: JSONTree = [
            "width": .number(Double(width)), "height": .number(Double(height)), "deviceScaleFactor": 1, "mobile": .bool(width < 500),
        ]
        try await call("Emulation.setDeviceMetricsOverride", size)
    }

    /// The person's preferences, by their system's settings.
    func prefer(dark: Bool) async throws {
        let feature: JSONTree = ["name": "prefers-color-scheme", "value": .string(dark ? "dark" : "light")]
        try await call("Emulation.setEmulatedMedia", ["features": [feature]])
    }
}

/// A text as JavaScript writes it.
func quoted(_ text: String) -> String { JSONTree.string(text).description }
