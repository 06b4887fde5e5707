import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// Debian's Chromium, without a window, for as long as a test needs it.
///
/// It is driven over the DevTools protocol, on its file descriptors 3 and 4: no port, so no other process speaks to it, and it
/// ends when the test does.
enum Chromium {
    static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Tests that need a browser and a broker run where there are both. Without, they are skipped on a laptop, and fail in CI.
    static var isThereOrRequired: Bool {
        path != nil && TestBroker.url != nil || ProcessInfo.processInfo.environment["CI"] != nil
    }

    struct Missing: Error, CustomStringConvertible {
        let description = "there is no chromium: run Tests/run.sh, which installs it"
    }

    /// The messages from the pipe, and one for each that waits; more than this in one message is a fault of the page.
    private static let longestMessage = 64 << 20

    /// Runs `body` with a fresh browser.
    static func run(_ body: @escaping @Sendable (Browser) async throws -> Void) async throws {
        guard let path else { throw Missing() }
        let profile = FileManager.default.temporaryDirectory.appending(path: "chromium-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: profile) }
        // The shell puts the pipes where Chromium looks for them.
        let script = "exec 3<&0 4>&1 </dev/null >/dev/null 2>&1; exec \"$@\""
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        _ = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", script, "sh", path] + flags(profile.path)), platformOptions: options,
            input: .inputWriter, output: .sequence, error: .discarded
        ) { execution in
            let browser = Browser { message in
                _ = try await execution.standardInputWriter.write(message + "\0")
            }
            try await withThrowingTaskGroup { group in
                group.addTask {
                    let messages = execution.standardOutput.strings(
                        separatedBy: .unicodeScalarSequence("\0".unicodeScalars), bufferingPolicy: .maxLineLength(longestMessage)
                    )
                    for try await message in messages { browser.take(message) }
                    throw Ended()
                }
                group.addTask { try await body(browser) }
                defer { group.cancelAll() }
                try await group.next()
            }
            await execution.teardown(using: options.teardownSequence)
        }
    }

    struct Ended: Error, CustomStringConvertible {
        let description = "chromium ended by itself"
    }

    private static func flags(_ profile: String) -> [String] {
        let quiet = ["--headless=new", "--remote-debugging-pipe", "--hide-scrollbars", "--no-first-run", "--disable-background-networking"]
        let small = ["--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-component-update"]
        // Its sandbox refuses root, as which tests run in a container. It is shown nothing but the grid's own page.
        let sandbox = getuid() == 0 ? ["--no-sandbox"] : []
        return quiet + small + sandbox + ["--user-data-dir=\(profile)", "about:blank"]
    }
}
