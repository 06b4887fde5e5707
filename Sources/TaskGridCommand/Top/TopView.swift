/// The view that a person has chosen.
struct TopView: Hashable {
    enum Page: Hashable {
        case types, workers
    }

    /// The order of the rows: names from a to z, all else with the most first.
    enum Order: String, CaseIterable {
        case name
        /// Tasks that do not run yet, of types; tasks that run, of workers.
        case load
        /// Tasks a second, of types; tasks done, of workers.
        case work
        case failed
        /// The 95th percentile, of types; the time since the last heartbeat, of workers.
        case slowest

        func title(_ page: Page) -> String {
            switch (self, page) {
            case (.name, _): "name"
            case (.load, .types): "not running yet"
            case (.load, .workers): "running"
            case (.work, .types): "rate"
            case (.work, .workers): "done"
            case (.failed, _): "failed"
            case (.slowest, .types): "p95"
            case (.slowest, .workers): "heartbeat"
            }
        }
    }

    /// The request that a key stands for.
    enum Wish: Hashable {
        case show, quit, suspend
    }

    var page = Page.types
    var order = Order.name
    /// The first row that is shown.
    var offset = 0

    /// `visible`: how many rows are shown, for the keys that go a page on.
    mutating func press(_ key: KeyPress, visible: Int) -> Wish {
        switch key {
        case .letter("q"), .control("C"), .control("D"): return .quit
        case .control("Z"): return .suspend
        case .letter("t"):
            page = page == .types ? .workers : .types
            offset = 0
        case .letter("s"):
            let index = Order.allCases.firstIndex(of: order) ?? 0
            order = Order.allCases[(index + 1) % Order.allCases.count]
            offset = 0
        case .down, .letter("j"): scroll(1)
        case .up, .letter("k"): scroll(-1)
        case .pageDown, .letter(" "): scroll(max(1, visible))
        case .pageUp: scroll(-max(1, visible))
        case .home: offset = 0
        // As far as there are rows, which the next frame knows.
        case .end: offset = .max
        case .letter, .control: break
        }
        return .show
    }

    private mutating func scroll(_ rows: Int) {
        let (sum, isTooMany) = offset.addingReportingOverflow(rows)
        offset = isTooMany ? .max : max(0, sum)
    }
}
