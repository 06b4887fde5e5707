import TestSupport
import Testing

extension DashboardTests {
    @Suite("How it says things") struct Words {
        @Test func `messages have times of this machine's clock, and commands set apart`() async throws {
            try await onPage { tab in
                let text = quoted("paused until 2026-11-29T10:49:04.521Z: see 'taskgrid tasks --type sum', or 'sum'")
                let line = try await tab.evaluate(
                    """
                    import("/assets/message.js").then(({ message }) => {
                        const line = document.createElement("p");
                        line.append(...message(\(text)));
                        return [line.textContent, ...[...line.querySelectorAll("code")].map((one) => one.textContent)];
                    })
                    """
                ).array
                #expect(line.count == 2 && line[1] == "taskgrid tasks --type sum")
                let told = line[0].string ?? ""
                #expect(told.contains(/^paused until \d+ Nov 2026, \d\d:\d\d:04 .+: see taskgrid tasks --type sum, or 'sum'$/), "\(told)")
            }
        }

        @Test func `an event names its service once`() async throws {
            try await onPage { tab in
                let event = try await tab.evaluate(
                    """
                    import("/assets/events.js").then(({ Events }) => {
                        const events = new Events();
                        const at = "2026-11-29T09:33:15.000Z";
                        events.take({ events: [{ kind: "started", service: "monitor", at, message: "monitor 0.1.0 started" }] });
                        return events.list.querySelector("li > :last-child").textContent;
                    })
                    """
                )
                #expect(event == "monitor 0.1.0 started")
            }
        }

        @Test func `small rates are more than nothing, and numbers on axes have no zeros that say nothing`() async throws {
            try await onPage { tab in
                let format = "import('/assets/format.js').then(({ rate, trimmed }) =>"
                let rates = try await tab.evaluate("\(format) [0, 0.00034, 0.025, 0.5, 2, 1234].map(rate))")
                #expect(rates == ["0", "0.00034", "0.025", "0.50", "2.0", "1,234"])
                let numbers = try await tab.evaluate("\(format) ['1.0 ms', '0.50', '2.5 s', '1,500', '100'].map(trimmed))")
                #expect(numbers == ["1 ms", "0.5", "2.5 s", "1,500", "100"])
            }
        }

        @Test func `a scheduled task that a breaker holds back is overdue, not the oldest of none`() async throws {
            try await onPage { tab in
                let told = try await tab.evaluate(
                    """
                    import("/assets/types.js").then(({ oldest }) => [[0, 5], [1, 5], [0, null]].map(([pending, seconds]) =>
                        oldest({ tasks: { pending, queued: 0 }, oldest_waiting_seconds: seconds })))
                    """
                )
                #expect(told == ["overdue for 5 s", "the oldest for 5 s", "pending and queued"])
            }
        }

        @Test func `how long a task waited is not told where its due time is that of a later attempt`() async throws {
            try await onPage { tab in
                let waited = try await tab.evaluate(
                    """
                    import("/assets/task.js").then(({ waited }) => [null, "2026-11-29T09:00:03Z", "2026-11-29T09:00:07Z"].map((due) =>
                        waited({ created: "2026-11-29T09:00:00Z", due, attempts: [{ number: 1, started: "2026-11-29T09:00:05Z" }] })))
                    """
                )
                #expect(waited == ["5 s", "2 s", .null])
            }
        }

        private func onPage(_ body: @escaping @Sendable (Tab) async throws -> Void) async throws {
            try await LiveGrid.run { grid, browser in
                try await grid.withMonitor { address, _ in
                    let tab = try await browser.tab()
                    try await tab.open(address)
                    try await body(tab)
                    #expect(tab.complaints == [])
                }
            }
        }
    }
}
