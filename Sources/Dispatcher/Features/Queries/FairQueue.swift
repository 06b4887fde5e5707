import DequeModule
import ServiceSupport

/// A queue of several users, who take turns, as do the senders of each user; the elements of one sender keep their order. Bounded for each
/// user and for each sender, so that no number of senders of one user keeps another user waiting. Pure.
struct FairQueue<Element> {
    /// What waits of one user.
    private struct Line {
        var waiting: [String: Deque<Element>] = [:]
        /// The senders of whom something waits, the next one first.
        var turns: Deque<String> = []

        mutating func popFirst() -> Element? {
            guard let sender = turns.popFirst(), let element = waiting[sender]?.popFirst() else { return nil }
            if waiting[sender]?.isEmpty == false { turns.append(sender) } else { waiting[sender] = nil }
            return element
        }
    }

    /// How many may wait of one sender.
    let share: Int
    private var shares: UserShares
    private var lines: [String: Line] = [:]
    /// The users of whom something waits, the next one first.
    private var turns: Deque<String> = []
    private(set) var count = 0
    var isEmpty: Bool { count == 0 }

    /// - Parameters:
    ///   - capacity: how many may wait of one user, where nothing waits of others.
    ///   - share: how many may wait of one sender.
    init(capacity: Int, share: Int) {
        self.share = share
        shares = UserShares(ofOne: capacity)
    }

    /// Whether there was room.
    mutating func append(_ element: Element, from sender: String, of user: String) -> Bool {
        guard shares.hasRoom(of: user), lines[user]?.waiting[sender]?.count ?? 0 < share else { return false }
        if lines[user] == nil { turns.append(user) }
        if lines[user]?.waiting[sender] == nil { lines[user, default: Line()].turns.append(sender) }
        lines[user, default: Line()].waiting[sender, default: []].append(element)
        shares.add(of: user)
        count += 1
        return true
    }

    /// The next one of the next user's next sender.
    mutating func popFirst() -> Element? {
        guard let user = turns.popFirst(), let element = lines[user]?.popFirst() else { return nil }
        shares.add(-1, of: user)
        count -= 1
        if lines[user]?.turns.isEmpty == false { turns.append(user) } else { lines[user] = nil }
        return element
    }
}
