import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

extension DashboardTests {
    @Suite("How it looks") struct Layout {
        @Test func `nothing is wider than the page`() async throws {
            try await LiveGrid.run { grid, browser in
                let long = String(repeating: "long", count: 500)
                let task = try await grid.client.run(grid.reverse, texts: [long])[0].id
                let failed = try await grid.client.run(grid.sum, texts: ["[\"\(long)\"]"])[0].id
                try await grid.leaveLonely()
                _ = try await grid.client.submit(grid.lonely, text: long)
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    let pages = [
                        ("", ".alerts li"), ("#/types", "tbody tr"), ("#/types/lonely", "tbody tr"), ("#/workers", "tbody tr"),
                        ("#/words", "dl"), ("#/failures", ".listing"),
                        ("#/tasks", "tbody tr"), ("#/tasks/\(task)", ".content pre"),
                        ("#/tasks/\(failed)", ".content pre"),
                    ]
                    for (page, shown) in pages {
                        try await tab.open("about:blank")
                        try await tab.open(address + page)
                        try await tab.until("document.querySelector('\(shown)').checkVisibility()")
                        for (width, dark) in [(320, false), (360, true), (720, false), (721, false), (1001, false), (1280, true)] {
                            try await tab.prefer(dark: dark)
                            try await tab.resize(width: width, height: 800)
                            // Charts follow the width in the frame after it.
                            try await tab.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
                            let found = try await tab.evaluate(Self.overflow)
                            if found != [] { Attachment.record(try await tab.screenshot(), named: "\(width).png") }
                            #expect(found == [], "\(page) at \(width) pixels, \(dark ? "dark" : "light")")
                        }
                    }
                    #expect(tab.complaints == [])
                }
            }
        }

        @Test func `on a narrow page no cell reaches into the next one`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.leaveLonely()
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab(width: 390)
                    try await tab.open(address)
                    try await tab.sees("live", in: "#live")
                    _ = try await grid.client.pause([grid.lonely], for: .seconds(3600))
                    try await tab.sees("paused until", in: "td[data-label=State]")
                    try await tab.sees("paused on request", in: ".feed")
                    #expect(try await tab.evaluate(Self.outside) == [])
                    // Nor is the kind of an event wider than its word.
                    #expect(
                        try await tab.evaluate(
                            "Math.max(...[...document.querySelectorAll('.feed .chip')].map((one) => one.offsetWidth)) < 120"
                        ).bool == true)
                }
            }
        }

        /// The cells of tables whose content is wider than they are.
        private static let outside = """
            [...document.querySelectorAll("td, tbody th")].filter((cell) => cell.checkVisibility())
                .filter((cell) => [...cell.children].some((one) => one.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1))
                .map((cell) => cell.innerText)
            """

        /// The elements that reach beyond the window's right edge, without those that scroll within themselves.
        private static let overflow = """
            (() => {
                const isScrolled = (one) => one !== document.body && (["auto", "scroll"].includes(getComputedStyle(one).overflowX)
                    || (one.parentElement && isScrolled(one.parentElement)));
                const wide = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
                    && !one.closest(".skip, .hidden") && one.getBoundingClientRect().right > innerWidth + 0.5 && !isScrolled(one));
                const names = wide.map((one) => `${one.tagName} ${one.className}`);
                const width = document.documentElement.scrollWidth;
                return width > innerWidth ? [`page ${width}`, ...names] : names;
            })()
            """

        @Test func `the page is light or dark as the system and the person choose`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.prefer(dark: false)
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    #expect(try await brightness(tab) > 0.9)
                    try await tab.prefer(dark: true)
                    #expect(try await brightness(tab) < 0.1)
                    // As the system, then light, then dark; kept when the page is loaded again.
                    try await tab.click("#theme")
                    #expect(try await brightness(tab) > 0.9)
                    try await tab.open(address)
                    #expect(try await brightness(tab) > 0.9)
                    try await tab.click("#theme")
                    try await tab.prefer(dark: false)
                    #expect(try await brightness(tab) < 0.1)
                }
            }
        }

        /// Of the background, from 0 to 1.
        private func brightness(_ tab: Tab) async throws -> Double {
            let channels = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
            return try await tab.evaluate("\(channels).reduce((sum, one) => sum + one, 0) / 765").number ?? .nan
        }

        @Test func `all text has enough contrast, in the light and in the dark`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.sum, texts: ["[1]", "no"])
                try await grid.leaveLonely()
                _ = try await grid.client.submit(grid.lonely, text: "anyone?")
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    for dark in [false, true] {
                        try await tab.prefer(dark: dark)
                        try await tab.open("about:blank")
                        try await tab.open(address)
                        try await tab.sees("No worker for lonely", in: ".verdict")
                        try await tab.sees("connected", in: ".chip")
                        try await tab.until("document.querySelectorAll('.plot .line').length === 3")
                        #expect(try await tab.evaluate(Contrast.faint) == [], "\(dark ? "dark" : "light")")
                        try await tab.evaluate("location.hash = '#/types/sum'")
                        try await tab.until("document.querySelectorAll('.plot .line').length === 5")
                        #expect(try await tab.evaluate(Contrast.faint) == [], "\(dark ? "dark" : "light")")
                        #expect(try await tab.evaluate(Contrast.faintLines) == [], "\(dark ? "dark" : "light")")
                    }
                }
            }
        }

        @Test func `a keyboard reaches everything`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.client.run(grid.reverse, texts: ["hello"])
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("reverse", in: "tbody th")
                    var seen: [String] = []
                    while seen.count < 60, !seen.contains("Pause reverse") {
                        try await tab.press("Tab")
                        let name = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
                        seen.append(try await tab.evaluate(name).string ?? "")
                        #expect(try await tab.evaluate("document.activeElement.matches(':focus-visible')").bool == true)
                    }
                    #expect(seen.first == "Skip to the content")
                    for name in ["Overview", "Types", "Workers", "Tasks", "hour", "Pause reverse"] {
                        #expect(seen.contains(name), "\(seen)")
                    }
                    #expect(seen.contains { $0.hasPrefix("Finished tasks per second") })
                }
            }
        }

        @Test func `arrow keys read a chart out`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("Healthy", in: ".verdict")
                    try await tab.until("document.querySelector('.plot .gap') !== null")
                    try await tab.evaluate("document.querySelector('.plot').focus()")
                    try await tab.press("ArrowLeft")
                    // A time, and the values or why there are none.
                    try await tab.until(
                        "/^[0-9:]{8}(, succeeded .+, failed .+|: the monitor did not run)$/"
                            + ".test(document.querySelector('.plot [role=status]').textContent)"
                    )
                }
            }
        }

        @Test func `a screen reader does not read out numbers that change each second`() async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.leaveLonely()
                _ = try await grid.client.submit(grid.lonely, text: "anyone?")
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await tab.sees("No worker for lonely", in: ".verdict")
                    try await tab.sees("ago", in: ".since")
                    #expect(
                        try await tab.evaluate(
                            "document.querySelector('.since').closest('[aria-live], [role=status], [role=alert]') === null"
                        ).bool == true)
                    #expect(
                        try await tab.evaluate("document.querySelector('.verdict [role=status]').textContent").string
                            == "No worker for lonely")
                }
            }
        }
    }
}
