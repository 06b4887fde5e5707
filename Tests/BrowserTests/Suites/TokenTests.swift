import TestSupport
import Testing

extension DashboardTests {
    @Suite("Where reading needs a token") struct TokenTests {
        @Test func `the address brings the token, which leaves the address and is kept as long as the tab lives`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor(protectsReading: true) { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open("\(address)#token=\(LiveGrid.token)")
                    try await tab.until("document.getElementById('live').dataset.state === 'live'")
                    #expect(try await tab.evaluate("location.href").string == address)
                    #expect(try await tab.evaluate("document.getElementById('ask').open").bool == false)
                    try await tab.open("\(address)?again")
                    try await tab.until("document.getElementById('live').dataset.state === 'live'")
                }
            }
        }

        @Test func `without it the page asks for the token once`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor(protectsReading: true) { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("Token required", in: "#ask")
                    try await tab.click("#ask-token")
                    try await tab.type(LiveGrid.token)
                    try await tab.press("Enter")
                    try await tab.until("document.getElementById('live').dataset.state === 'live'")
                    #expect(try await tab.evaluate("document.getElementById('ask').open").bool == false)
                }
            }
        }
    }
}
