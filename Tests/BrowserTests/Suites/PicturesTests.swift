import Foundation
import TestSupport
import Testing

private let environment = ProcessInfo.processInfo.environment
/// The monitor's.
private let address = environment["TASKGRID_TEST_PICTURES_OF"]

/// Takes the pictures of the dashboard, of a grid that lives already, for `Tests/pictures.sh`; no test of its own.
@Suite(.enabled(if: address != nil, "no pictures are asked for"), .serialized, .timeLimit(.minutes(5)))
struct PicturesTests {
    /// Down to the end of a section: all of it would be too much to see.
    @Test(arguments: [
        ("dashboard-light", false, 1280, "#workers-title"), ("dashboard-dark", true, 1280, "#workers-title"),
        ("dashboard-narrow", false, 360, ".charts"),
    ])
    func `a picture of the dashboard is taken for the documentation`(name: String, dark: Bool, width: Int, last: String) async throws {
        let address = try #require(address)
        let folder = URL(filePath: try #require(environment["TASKGRID_TEST_PICTURES_IN"]))
        try await Chromium.run { browser in
            let tab = try await browser.tab(width: width)
            try await tab.prefer(dark: dark)
            try await tab.open(address)
            try await tab.sees("live", in: "#live")
            try await tab.sees("live", in: "td[data-label=State]")
            try await tab.until("document.querySelectorAll('.plot .line').length === 3")
            try await tab.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
            let end = "document.querySelector(\(quoted(last))).closest('.card, .charts').getBoundingClientRect().bottom + scrollY + 16"
            let picture = try await tab.screenshot(height: Int(try #require(try await tab.evaluate(end).number)))
            #expect(picture.count < 300_000)
            try picture.write(to: folder.appending(path: "\(name).png"))
        }
    }
}
