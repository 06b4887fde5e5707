import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

extension DashboardTests {
    @Suite("Finding tasks, and doing something about them") struct Tasks {
        @Test func `search finds a task`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: (0..<60).map { "number \($0)" })
                let failed = try await grid.client.run(grid.sum, texts: ["[1, \"two\"]"])[0].id
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("live", in: "#live")

                    // By its error, from every page.
                    try await tab.click("#find-text")
                    try await tab.type("is a string")
                    try await tab.press("Enter")
                    try await tab.sees("1 task, the newest first", in: ".results")
                    try await tab.sees("\(failed)", in: "tbody th")
                    #expect(try await tab.evaluate("document.querySelectorAll('tbody tr').length").number == 1)

                    // By its id.
                    try await tab.click("#find-text")
                    try await tab.type("\(failed)")
                    try await tab.press("Enter")
                    try await tab.sees("Task \(failed)", in: "h1")
                    try await tab.sees("failed", in: "h1 .chip")
                    try await tab.sees("is a string, not a number", in: ".facts")
                    try await tab.sees("  1,\n  \"two\"", in: ".content pre")

                    // By type and state, page by page.
                    try await tab.open(address + "#/tasks?type=reverse&state=succeeded")
                    try await tab.sees("50 tasks, the newest first; there are more", in: ".results")
                    try await tab.click(".pages a:last-child")
                    try await tab.sees("10 tasks, the newest first, further back", in: ".results")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `a task is cancelled with the token and not without it`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.leaveLonely()
                let task = try await grid.client.submit(grid.lonely, text: "never mind")
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/tasks/\(task)")
                    try await tab.sees("pending", in: "h1 .chip")

                    // It asks, and does nothing where the answer is no.
                    try await tab.click("main .danger")
                    try await tab.sees("Cancel task \(task)?", in: "#ask")
                    try await tab.press("Escape")
                    try await tab.until("!document.getElementById('ask').open")

                    // A token that is not right keeps the dialog open, which says so.
                    try await cancel(tab, token: "guessed")
                    try await tab.sees("The token is not the right one", in: "#ask [role=alert]")
                    #expect(try await tab.evaluate("document.getElementById('ask').open").bool == true)
                    #expect(try await tab.text("h1 .chip") == "pending")
                    // What was guessed is selected: the next key replaces it.
                    try await tab.type(LiveGrid.token)
                    try await tab.press("Enter")
                    try await tab.sees("Task \(task) is cancelled", in: "#said")
                    try await tab.sees("cancelled", in: "h1 .chip")
                    #expect(try await tab.evaluate("document.querySelector('main .danger').hidden").bool == true)

                    // The token is asked for once.
                    try await tab.click("main .primary")
                    try await tab.sees("Retry task \(task)?", in: "#ask")
                    try await tab.click("#ask-yes")
                    try await tab.sees("is done again, with all its attempts", in: "#said")
                    try await tab.sees("pending", in: "h1 .chip")
                }
            }
        }

        @Test func `a dialog that has just closed does not answer the next one`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.leaveLonely()
                let task = try await grid.client.submit(grid.lonely, text: "never mind")
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/tasks/\(task)")
                    try await tab.click("main .danger")
                    try await tab.sees("Cancel task \(task)?", in: "#ask")
                    // Before the dialog can tell that it was closed.
                    try await tab.evaluate("document.getElementById('ask').close('no'); document.querySelector('main .danger').click()")
                    try await tab.sees("Cancel task \(task)?", in: "#ask")
                    try await tab.click("#ask-yes")
                    try await answer(tab, token: LiveGrid.token)
                    try await tab.sees("Task \(task) is cancelled", in: "#said")
                }
            }
        }

        @Test func `a keyboard alone finds a task and cancels it`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.leaveLonely()
                let task = try await grid.client.submit(grid.lonely, text: "never mind")
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("lonely", in: "tbody th")

                    // By the search at the top, which says that there is none such; then by the list of all.
                    try await tab.tab(to: "#find-text")
                    try await tab.type("no such error")
                    try await tab.press("Enter")
                    try await tab.sees("No task matches", in: ".results")
                    #expect(try await tab.hasFocus("#main"))
                    try await tab.tab(to: ".results a")
                    try await tab.press("Enter")
                    try await tab.sees("\(task)", in: "tbody th")
                    try await tab.tab(to: "tbody th a")
                    try await tab.press("Enter")
                    try await tab.sees("pending", in: "h1 .chip")
                    #expect(try await tab.hasFocus("#main"))

                    // It asks; Escape is no, and the focus is where it was.
                    try await tab.tab(to: "main .danger")
                    try await tab.press("Enter")
                    try await tab.sees("Cancel task \(task)?", in: "#ask")
                    #expect(try await tab.hasFocus("#ask-yes"))
                    // Nothing behind the dialog is reached.
                    for _ in 0..<6 {
                        try await tab.press("Tab")
                        #expect(try await tab.evaluate("document.activeElement.matches('body, #ask, #ask *')").bool == true)
                    }
                    try await tab.press("Escape")
                    try await tab.until("!document.getElementById('ask').open")
                    #expect(try await tab.hasFocus("main .danger"))
                    #expect(try await tab.text("h1 .chip") == "pending")

                    try await tab.press("Enter")
                    try await tab.until("document.activeElement.matches('#ask-yes')")
                    try await tab.press("Enter")
                    try await tab.until("document.activeElement.matches('#ask-token')")
                    try await tab.type(LiveGrid.token)
                    try await tab.press("Enter")
                    try await tab.sees("cancelled", in: "h1 .chip")
                    // The button that had the focus is gone; from here on, not from the top of the page.
                    #expect(try await tab.hasFocus("#main"))
                    try await tab.tab(to: "main .primary")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `a type is paused and resumed from the page`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: ["hello"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.click("[aria-label='Pause reverse']")
                    try await tab.sees("Pause reverse?", in: "#ask")
                    try await tab.click("#ask-yes")
                    try await answer(tab, token: LiveGrid.token)
                    try await tab.sees("paused", in: "td[data-label=State]")
                    // It was paused on purpose: that is no alert.
                    try await tab.sees("reverse is paused", in: ".verdict.healthy")
                    let waiting = try await grid.client.submitAndWatch(grid.reverse, payloads: [.init("waits".utf8)], within: .seconds(90))
                    try await tab.sees("1", in: "td[data-label=Waiting]")
                    try await tab.click("[aria-label='Resume reverse']")
                    try await tab.sees("Resume reverse?", in: "#ask")
                    try await tab.click("#ask-yes")
                    try await tab.sees("ok", in: "td[data-label=State]")
                    for try await ending in waiting.endings { #expect(ending.state == .succeeded) }
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `the list of tasks moves on with the grid, and has seconds and a zone`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: ["first"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/tasks")
                    try await tab.sees("1 task, the newest first", in: ".results")
                    try await tab.until(
                        #"/^Accepted \((UTC|GMT|[A-Z]{2,5}|GMT[+-].+)\)$/.test(document.querySelectorAll('thead th')[3].innerText)"#)
                    #expect(
                        try await tab.evaluate(#"/, \d\d:\d\d:\d\d$/.test(document.querySelectorAll('tbody td')[2].innerText)"#).bool
                            == true)
                    let second = try await grid.client.run(grid.reverse, texts: ["second"])[0].id
                    try await tab.sees("2 tasks, the newest first", in: ".results")
                    try await tab.sees("\(second)", in: "tbody th")
                    #expect(tab.requests.count { $0 == address } == 1)

                    // The types that there are, to choose from.
                    try await tab.until("document.querySelectorAll('select[name=type] option').length === 3")
                    try await tab.evaluate("document.querySelector('select[name=type]').value = 'sum'")
                    try await tab.click(".search .primary")
                    try await tab.sees("No task matches", in: ".results")
                    try await tab.until("document.querySelector('select[name=type]').value === 'sum'")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `a task's page lays JSON out, copies it, and says how long it waited and which attempt it is`() async throws {
            try await LiveGrid.run { grid, browser in
                let payload = #"{"big":12345678901234567890,"list":[1,{}],"text":"[{,"}"#
                let task = try await grid.client.run(grid.reverse, texts: [payload])[0].id
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/tasks/\(task)")
                    try await tab.sees("1 of 3", in: ".facts")
                    try await tab.sees("Waited", in: ".facts")
                    try await tab.sees("Priority", in: ".facts")
                    try await tab.sees("Key", in: ".facts")
                    let text = try await tab.text(".content pre")
                    #expect(text == "{\n  \"big\": 12345678901234567890,\n  \"list\": [\n    1,\n    {}\n  ],\n  \"text\": \"[{,\"\n}")
                    try await tab.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
                    try await tab.click("[aria-label='Copy the payload']")
                    try await tab.sees("Copied", in: "[aria-label='Copy the payload']")
                    #expect(try await tab.evaluate("window.copied").string == payload)
                    // Its type and its worker have pages of their own.
                    try await tab.click(".facts a[href^='#/workers/']")
                    try await tab.sees("live", in: "h1 .chip")
                    try await tab.click(".links a")
                    try await tab.sees("ok", in: "h1 .chip")
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `a task that waits is not loaded again`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.leaveLonely()
                let task = try await grid.client.submit(grid.lonely, text: "it takes its time")
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/tasks/\(task)")
                    try await tab.sees("pending", in: "h1 .chip")
                    try await tab.sees("live", in: "#live")
                    func asked(_ path: String) -> Int { tab.requests.count { $0 == address + path } }
                    // With the page, and perhaps again when the stream begins.
                    let (summaries, loads) = (asked("tasks?id=\(task)"), asked("tasks/\(task)"))
                    #expect((1...2).contains(loads))
                    _ = try await browser.said.first { _ in asked("tasks?id=\(task)") >= summaries + 3 ? () : nil }
                    #expect(asked("tasks/\(task)") == loads)
                }
            }
        }

        @Test func `an address that does not exist shows a message that says so`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address + "#/tasks/%zz")
                    try await tab.sees("Task %zz", in: "h1")
                    try await tab.sees("is no task id", in: ".problem")
                    try await tab.evaluate("location.hash = '#/'")
                    try await tab.sees("Healthy", in: ".verdict")
                }
            }
        }

        @Test func `markup in a payload stays text`() async throws {
            let markup = "</pre><script>window.wasRun = 1</script><img src=x onerror='window.wasRun = 1'>"
            try await LiveGrid.run { grid, browser in
                let task = try await grid.client.run(grid.reverse, texts: [markup])[0].id
                let failed = try await grid.client.run(grid.sum, texts: ["[1, \"\(markup.replacing("\"", with: ""))\"]"])[0].id
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    for id in [task, failed] {
                        try await tab.open(address + "#/tasks/\(id)")
                        try await tab.sees("<script>window.wasRun = 1</script>", in: ".content pre")
                    }
                    try await tab.open(address + "#/tasks?text=%3Cimg%20src=x%20onerror=window.wasRun=1%3E")
                    try await tab.sees("No task matches", in: ".results")
                    #expect(try await tab.evaluate("window.wasRun === undefined").bool == true)
                    #expect(try await tab.evaluate("document.querySelectorAll('main script, main img').length").number == 0)
                    #expect(tab.complaints == [])
                }
            }
        }

        private func cancel(_ tab: Tab, token: String) async throws {
            try await tab.click("main .danger")
            try await tab.click("#ask-yes")
            try await answer(tab, token: token)
        }

        private func answer(_ tab: Tab, token: String) async throws {
            try await tab.sees("Token required", in: "#ask")
            try await tab.click("#ask-token")
            try await tab.type(token)
            try await tab.press("Enter")
        }
    }
}
