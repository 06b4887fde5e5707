import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

extension DashboardTests {
    @Suite("A page for each type and each worker") struct TypesAndWorkers {
        @Test func `a type's page shows its tasks, its workers and its history, and pauses it`() async throws {
            try await LiveGrid.run { grid, browser in
                let task = try await grid.client.run(grid.reverse, texts: ["hello"])[0].id
                try await grid.client.run(grid.sum, texts: ["no"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("reverse", in: "tbody th")
                    try await tab.click("tbody th a[href='#/types/reverse']")
                    try await tab.sees("reverse", in: "h1")
                    try await tab.sees("1 succeeded in all", in: ".figures")
                    try await tab.sees("\(task)", in: ".results tbody th")
                    #expect(try await tab.evaluate("document.querySelectorAll('.results tbody tr').length").number == 1)
                    try await tab.sees("live", in: ".listing td")
                    // Run times are told of one type, and not on the first page.
                    try await tab.sees("Run time of an attempt", in: ".chart h3")
                    #expect(tab.requests.contains { $0.hasSuffix("/history?window=5m&type=reverse") })

                    try await tab.click("[aria-label='Pause reverse']")
                    try await tab.click("#ask-yes")
                    try await tab.sees("Token required", in: "#ask")
                    try await tab.click("#ask-token")
                    try await tab.type(LiveGrid.token)
                    try await tab.press("Enter")
                    try await tab.sees("paused", in: "h1 .chip")
                    try await tab.sees("none of its tasks is handed out until it is resumed", in: "main")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `a worker's page shows what it is and what it runs, and one that is not known says so`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: ["hello"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/workers")
                    try await tab.click("tbody th a")
                    try await tab.sees("live", in: "h1 .chip")
                    try await tab.sees("reverse", in: ".links")
                    try await tab.sees("on time", in: ".facts")
                    try await tab.evaluate("location.hash = '#/workers/nobody'")
                    try await tab.sees("The grid knows no worker “nobody”.", in: ".problem")
                    try await tab.evaluate("location.hash = '#/types/nothing'")
                    try await tab.sees("The grid knows no type “nothing”:", in: ".problem")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `an axis leaves a burst out, and run times are the mean of neighbours`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    let scale = "import('/assets/scale.js').then(({ ordinary }) => ordinary"
                    // One burst in thirty steps.
                    #expect(try await tab.evaluate("\(scale)([...Array(28).fill(100), 9000, 12000]))").number == 125)
                    // Values that all belong together.
                    #expect(try await tab.evaluate("\(scale)([1, 2, 3, 400, 500, 600]))").number == 600)
                    // Nothing but the burst.
                    #expect(try await tab.evaluate("\(scale)([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9000]))").number == 9000)
                    // Counts have whole numbers alone.
                    let ticks = "import('/assets/scale.js').then(({ roof, ticks }) => ticks(roof"
                    #expect(try await tab.evaluate("\(ticks)(0, true), true))") == [.number(0), .number(1)])
                    #expect(try await tab.evaluate("\(ticks)(7, true), true))") == [.number(0), .number(5), .number(10)])
                    let smooth = "import('/assets/smooth.js').then(({ smoothed }) => smoothed"
                    let points = "[{ t: 100, n: 1 }, { t: 10, n: 9 }, null, null, null, null, { t: 5, n: 0 }]"
                    #expect(
                        try await tab.evaluate("\(smooth)(\(points), ({ t }) => t, ({ n }) => n))")
                            == [.number(19), .number(19), .number(19), .number(10), .number(5), .number(5), .number(5)])
                }
            }
        }
    }
}
