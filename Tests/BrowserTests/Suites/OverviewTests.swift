import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

extension DashboardTests {
    @Suite("Its first page") struct Overview {
        @Test func `the page loads without errors and loads nothing from elsewhere`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: ["hello"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    try await tab.sees("live", in: "#live")
                    try await tab.sees("reverse", in: "tbody th")
                    try await tab.sees("connected", in: ".chip")
                    try await tab.evaluate("location.hash = '#/tasks'")
                    try await tab.sees("1 task, the newest first", in: ".results")
                    try await tab.evaluate("location.hash = '#/tasks/1'")
                    try await tab.sees("olleh", in: ".content pre")
                    #expect(tab.complaints == [])
                    #expect(tab.requests.count > 10)
                    #expect(tab.requests.allSatisfy { $0.hasPrefix(address) })
                }
            }
        }

        @Test func `numbers move while tasks flow`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("No tasks yet: taskgrid run reverse hello", in: ".verdict")
                    try await grid.client.run(grid.reverse, texts: (0..<30).map(String.init))
                    try await tab.sees("30", in: ".figures dd")
                    try await tab.sees("30", in: "td[data-label=Succeeded]")
                    try await grid.client.run(grid.reverse, texts: (0..<12).map(String.init))
                    try await tab.sees("42", in: ".figures dd")
                    try await tab.sees("42", in: "td[data-label=Succeeded]")
                    try await tab.sees("42", in: ".ledger dd")
                    // Still the same page, which nobody has loaded again.
                    #expect(tab.requests.count { $0 == address } == 1)
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `with many types the busiest are shown, and how many there are`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    try await grid.register(types: 150)
                    try await grid.client.run(grid.reverse, texts: ["busy"])
                    // With reverse and sum.
                    try await tab.sees("The busiest 100 of 152", in: ".more")
                    try await tab.sees("reverse", in: "tbody th")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `the page says what is wrong and what to do`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    try await grid.leaveLonely()
                    _ = try await grid.client.submit(grid.lonely, text: "anyone?")
                    try await tab.sees("Needs attention", in: ".verdict h1")
                    try await tab.sees("No worker for lonely", in: ".alerts")
                    #expect(try await tab.evaluate("document.title").string?.contains("needs attention") == true)
                }
            }
        }

        @Test func `a hidden page holds no connection`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    #expect(try await listeners(tab) == "1")
                    try await look(tab, hidden: true)
                    // The monitor learns that it is gone with what it tells next.
                    while try await listeners(tab) != "0" {}
                    try await tab.until("document.title.startsWith('…')")
                    try await look(tab, hidden: false)
                    try await tab.until("document.title.startsWith('healthy')")
                    #expect(try await listeners(tab) == "1")
                    #expect(tab.complaints == [])
                }
            }
        }

        private func look(_ tab: Tab, hidden: Bool) async throws {
            try await tab.evaluate(
                """
                Object.defineProperty(document, "hidden", { value: \(hidden), configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
                """
            )
        }

        /// How many listen to the monitor's events, by its own count.
        private func listeners(_ tab: Tab) async throws -> String? {
            try await tab.evaluate(
                "fetch('/metrics').then((answer) => answer.text()).then((text) => text.match(/^taskgrid_event_listeners (.*)$/m)[1])"
            ).string
        }

        @Test func `an error in the page is shown and does not break the stream`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    try await tab.evaluate(
                        """
                        window.faults = 0;
                        window.addEventListener("error", () => { window.faults += 1; document.body.dataset.faults = window.faults; });
                        Object.defineProperty(document, "title", { set() { throw new Error("a fault"); }, configurable: true });
                        """
                    )
                    try await tab.until("window.faults > 1")
                    #expect(try await tab.evaluate("document.getElementById('broken').hidden").bool == true)
                }
            }
        }

        @Test func `the page says that the stream broke, and resumes it`() async throws {
            try await LiveGrid.run { grid, browser in
                let tab = try await browser.tab()
                let ports = Journal<Int>()
                try await grid.withMonitor { address, port in
                    ports.add(port)
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                }
                try await tab.sees("Not live", in: "#broken")
                try await tab.sees("Not connected to the monitor", in: ".verdict")
                try await grid.withMonitor(port: ports.entries[0]) { _, _ in
                    try await tab.sees("Healthy", in: ".verdict")
                    #expect(try await tab.evaluate("document.getElementById('broken').hidden").bool == true)
                }
            }
        }
    }
}
