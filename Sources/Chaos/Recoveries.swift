/// How long after each fault the grid worked again: the time from the fault to the next moment at which a task that was
/// submitted after it has ended.
///
/// Pure; times are those since the start of the run.
package struct Recoveries: Sendable {
    /// The figures of one kind of fault.
    package struct Row: Hashable, Sendable {
        package let fault: Fault
        package let injected: Int
        /// Of those after which a task has ended; nil where there is none.
        package let longest: Duration?
        /// After which no task has ended.
        package let open: Int
    }

    private var open: [(fault: Fault, at: Duration)] = []
    private var injected: [Fault: Int] = [:]
    private var longest: [Fault: Duration] = [:]

    package init() {}

    package mutating func injected(_ fault: Fault, at time: Duration) {
        injected[fault, default: 0] += 1
        open.append((fault, time))
    }

    /// A task has ended.
    package mutating func ended(submitted: Duration, at time: Duration) {
        open.removeAll { fault, injected in
            guard submitted > injected else { return false }
            longest[fault] = max(longest[fault] ?? .zero, time - injected)
            return true
        }
    }

    package var hasOpen: Bool { !open.isEmpty }

    /// A row for each kind that was injected, in the order of the kinds.
    package var rows: [Row] {
        Fault.allCases.compactMap { fault in
            injected[fault].map { count in
                Row(fault: fault, injected: count, longest: longest[fault], open: open.count { $0.fault == fault })
            }
        }
    }
}
