import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

extension DashboardTests {
    @Suite("What failed, and what is done with many tasks at once") struct FailuresOnThePage {
        @Test func `failures are the first line, are grouped by error, and a group is retried at once`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.sum, texts: (0..<12).map { "[\($0), \"x\"]" } + ["no", "[1]", "[2]"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    // What fails is told once enough tasks have ended while the monitor looked.
                    try await tab.sees("live", in: "#live")
                    try await grid.client.run(grid.sum, texts: (0..<12).map { "[\($0), \"x\"]" })
                    try await tab.sees("Tasks of sum fail", in: ".verdict h1")
                    try await tab.sees("failing", in: "td[data-label=State]")

                    try await tab.click("nav [data-page=failures]")
                    try await tab.sees("element # is a string, not a number", in: "tbody th")
                    try await tab.sees("24", in: "td[data-label='Failed tasks']")
                    #expect(try await tab.evaluate("document.querySelectorAll('tbody tr').length").number == 2)

                    // Counted, confirmed, and told how it goes.
                    try await tab.click("[aria-label^='Retry the 24 failed tasks of type sum with ']")
                    try await tab.sees("Retry 24 tasks?", in: "#ask")
                    try await tab.sees("Retry 24", in: "#ask-yes")
                    try await tab.click("#ask-yes")
                    try await answer(tab)
                    try await tab.sees("Retried 24 failed tasks of type sum with “", in: "#actions")
                    try await tab.click("#actions button")
                    try await tab.until("document.querySelectorAll('#actions p').length === 0")

                    // The tasks of a group.
                    try await tab.click("tbody th a")
                    try await tab.sees("Only errors like", in: ".search")
                    try await tab.sees("24 tasks, the newest first", in: ".results")
                    try await tab.sees("Retry all 24 that match…", in: ".results .head button")
                    try await tab.click(".search .group a")
                    try await tab.sees("25 tasks, the newest first", in: ".results")

                    // Of tasks that have all ended, none can be cancelled.
                    try await tab.evaluate("location.hash = '#/tasks?text=is%20a%20string'")
                    try await tab.sees("Retry all 24 that match…", in: ".results .head button")
                    try await tab.until("document.querySelectorAll('.results .head button')[1].hidden")
                    #expect(tab.complaints.filter { !$0.contains("401") } == [])
                }
            }
        }

        @Test func `all tasks that a search finds are cancelled at once, and not without the count`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.leaveLonely()
                _ = try await grid.client.submit(grid.lonely, payloads: (0..<7).map { Data("\($0)".utf8) })
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/tasks?type=lonely&state=pending")
                    try await tab.sees("7 tasks, the newest first", in: ".results")
                    try await tab.click(".results .head button")
                    try await tab.sees("Cancel 7 tasks?", in: "#ask")
                    try await tab.press("Escape")
                    try await tab.until("!document.getElementById('ask').open")
                    try await tab.click(".results .head button")
                    try await tab.sees("Cancel 7", in: "#ask-yes")
                    try await tab.click("#ask-yes")
                    try await answer(tab)
                    try await tab.sees("Cancelled 7 pending tasks of type lonely.", in: "#actions")
                    try await tab.sees("No task matches", in: ".results")
                    // Without a filter, nothing is offered that would change everything.
                    try await tab.evaluate("location.hash = '#/tasks'")
                    try await tab.sees("8 tasks, the newest first", in: ".results")
                    #expect(try await tab.evaluate("document.querySelectorAll('.results .head button').length").number == 0)
                }
            }
        }

        @Test func `where nothing failed, nothing is offered to be retried`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/failures")
                    try await tab.sees("No failed tasks", in: ".listing")
                    #expect(try await tab.evaluate("document.querySelector('main .primary').hidden").bool == true)
                    try await grid.client.run(grid.sum, texts: ["no"])
                    try await tab.sees("Retry all…", in: "main .primary")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `a worker is asked to take no more tasks, and to take them again`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: ["hello"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/workers")
                    try await tab.click("tbody th a")
                    try await tab.sees("live", in: "h1 .chip")
                    try await tab.click(".head .buttons button")
                    try await tab.click("#ask-yes")
                    try await answer(tab)
                    try await tab.sees("quiet", in: "h1 .chip")
                    try await tab.sees("Take tasks again", in: ".head .buttons button")
                    try await tab.click(".head .buttons button")
                    try await tab.click("#ask-yes")
                    try await tab.sees("live", in: "h1 .chip")
                    try await grid.client.run(grid.reverse, texts: ["again"])
                }
            }
        }

        private func answer(_ tab: Tab) async throws {
            try await tab.sees("Token required", in: "#ask")
            try await tab.click("#ask-token")
            try await tab.type(LiveGrid.token)
            try await tab.press("Enter")
        }
    }
}
