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
                    try await tab.sees("1 task submitted, of which", in: ".sum")
                    try await tab.evaluate("location.hash = '#/tasks'")
                    try await tab.sees("1 task, the newest first", in: ".results")
                    try await tab.evaluate("location.hash = '#/tasks/1'")
                    try await tab.sees("olleh", in: ".content pre")
                    for page in ["types", "types/reverse", "workers", "failures", "words"] {
                        try await tab.evaluate("location.hash = '#/\(page)'")
                        try await tab.until(
                            "document.title !== 'Task 1 – TaskGrid+' && document.querySelector('main h1').checkVisibility()")
                    }
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
                    try await grid.client.run(grid.reverse, texts: (0..<12).map(String.init))
                    try await tab.sees("42", in: ".figures dd")
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
                    try await tab.open(address + "#/types")
                    try await tab.sees("live", in: "#live")
                    try await grid.register(types: 600)
                    try await grid.client.run(grid.reverse, texts: ["busy"])
                    // With reverse and sum.
                    try await tab.sees("The busiest 500 of 602 are listed.", in: ".foot")
                    try await tab.sees("Show all 500", in: ".foot button")
                    #expect(try await rows(tab) == 100)
                    try await tab.click(".foot button")
                    try await tab.until("document.querySelectorAll('tbody tr').length === 500")
                    try await tab.evaluate("location.hash = '#/'")
                    try await tab.sees("All 602 types", in: ".foot a")
                    // The one that works, before those with which nothing happens.
                    try await grid.client.run(grid.reverse, texts: ["busy"])
                    try await tab.until("document.querySelector('tbody th').innerText === 'reverse'")
                    #expect(tab.complaints == [])
                }
            }
        }

        private func rows(_ tab: Tab) async throws -> Double? {
            try await tab.evaluate("document.querySelectorAll('tbody tr').length").number
        }

        @Test func `a table is filtered and sorted, and stays so on another page`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/types")
                    try await tab.sees("live", in: "#live")
                    try await grid.register(types: 30)
                    try await grid.client.run(grid.reverse, texts: ["busy", "busy"])
                    try await tab.sees("many-29", in: "tbody th")

                    try await tab.click(".listing input")
                    try await tab.type("MANY-2")
                    try await tab.sees("11 of 32", in: ".listing h2")
                    #expect(try await rows(tab) == 11)
                    try await tab.type("zzz")
                    try await tab.sees("No type has “MANY-2zzz” in it.", in: ".listing")
                    try await tab.evaluate("location.hash = '#/workers'")
                    try await tab.sees("w-many", in: "tbody th")
                    try await tab.evaluate("location.hash = '#/types'")
                    try await tab.sees("No type has “MANY-2zzz” in it.", in: ".listing")
                    try await tab.evaluate(
                        "{ const field = document.querySelector('.listing input'); field.value = ''; field.dispatchEvent(new Event('input')); }"
                    )

                    // Text from A, and from Z.
                    let first = "document.querySelector('tbody th').innerText"
                    try await tab.click("thead th:first-child button")
                    try await tab.until("\(first) === 'many-0'")
                    #expect(try await tab.evaluate("document.querySelector('thead th').ariaSort").string == "ascending")
                    try await tab.click("thead th:first-child button")
                    try await tab.until("\(first) === 'sum'")
                    // Numbers from the largest.
                    try await tab.evaluate("[...document.querySelectorAll('.sort')].find((one) => one.innerText === 'Finished /s').click()")
                    try await tab.until("\(first) === 'reverse'")
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
                    try await tab.sees("No worker for lonely", in: ".verdict h1")
                    try await tab.sees("start a worker of type lonely", in: ".alerts")
                    // As a sentence, and with the time of this machine's clock.
                    try await tab.sees("A task of type lonely waits", in: ".alerts")
                    #expect(
                        try await tab.evaluate(#"/since \d+ \w+ \d{4}, [0-9:]{8} /.test(document.querySelector('.alerts').innerText)"#).bool
                            == true)
                    #expect(try await tab.evaluate("document.title").string == "(1) No worker for lonely – TaskGrid+")
                    // The table begins with what is wrong, too.
                    #expect(try await tab.text("tbody th") == "lonely")
                    try await tab.sees("no worker", in: "td[data-label=State]")
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

        @Test func `a frozen monitor shows within five seconds, and its numbers are not called those of now`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: ["hello"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.call("Page.addScriptToEvaluateOnNewDocument", ["source": .string(Self.freezing)])
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    // Its connections stay open, and bring nothing.
                    try await tab.evaluate("window.isFrozen = true")
                    try await tab.sees("nothing was heard from the monitor for 4 s. These are the numbers of ", in: "#broken")
                    try await tab.sees("Not connected to the monitor", in: ".verdict h1")
                    try await tab.sees("The numbers are those of ", in: ".verdict")
                    #expect(try await tab.evaluate(#"/\bnow\b/.test(document.body.innerText)"#).bool == false)
                    try await tab.evaluate("window.isFrozen = false")
                    try await tab.sees("Healthy", in: ".verdict")
                }
            }
        }

        /// Lets nothing of the stream of events through to the page while `isFrozen` is true.
        private static let freezing = """
            const through = window.fetch.bind(window);
            window.fetch = async (path, options) => {
                if (!String(path).startsWith("/events")) return through(path, options);
                if (window.isFrozen) {
                    await new Promise((_, reject) => options.signal.addEventListener("abort", () => reject(options.signal.reason)));
                }
                const answer = await through(path, options);
                const valve = new TransformStream({ transform(chunk, out) { if (!window.isFrozen) out.enqueue(chunk); } });
                return new Response(answer.body.pipeThrough(valve), { status: answer.status, headers: answer.headers });
            };
            """

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
