/// Room that the users of a broker share, such as places for workers.
///
/// A user gets more as long as it then has no more than is left free for the others. So one that takes all that it gets leaves as much as it
/// has, the next one leaves half of that, and one that has little finds room beside users that have much. Nothing is taken back. Pure.
package struct UserShares: Sendable {
    /// The most that a user has while others have nothing. All users together have less than twice as much.
    package let ofOne: Int
    private var taken: [String: Int] = [:]
    private var total = 0

    /// - Parameter ofOne: the most that a user has while others have nothing.
    package init(ofOne: Int) {
        self.ofOne = ofOne
    }

    /// Whether a user gets more. One that wants no more than it has always does.
    ///
    /// - Parameters:
    ///   - amount: how much more it wants.
    ///   - user: the user, as the broker has verified it.
    package func hasRoom(for amount: Int = 1, of user: String) -> Bool {
        amount <= 0 || taken[user, default: 0] + amount <= 2 * ofOne - total - amount
    }

    /// Notes that a user has more.
    ///
    /// - Parameters:
    ///   - amount: how much more; a negative number: less.
    ///   - user: the user, as the broker has verified it.
    package mutating func add(_ amount: Int = 1, of user: String) {
        let sum = taken[user, default: 0] + amount
        taken[user] = sum > 0 ? sum : nil
        total += amount
    }
}
