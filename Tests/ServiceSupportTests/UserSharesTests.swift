import ServiceSupport
import Testing

@Suite("Room that users share")
struct UserSharesTests {
    /// Takes one by one until there is no more; returns how many.
    private func fill(_ shares: inout UserShares, by user: String) -> Int {
        var count = 0
        while shares.hasRoom(of: user) {
            shares.add(of: user)
            count += 1
        }
        return count
    }

    @Test func `one user alone gets its whole share, and the next ones half of what is left`() {
        var shares = UserShares(ofOne: 100)
        let filled = ["a", "b", "c", "d"].map { fill(&shares, by: $0) }
        #expect(filled == [100, 50, 25, 12])
        #expect(shares.hasRoom(of: "e") && !shares.hasRoom(of: "a"))
    }

    @Test func `users that have little are not refused, as long as all together have no more than the share of one`() {
        var shares = UserShares(ofOne: 100)
        for user in 0..<10 { shares.add(9, of: "\(user)") }
        for user in 0..<10 { #expect(shares.hasRoom(for: 10, of: "\(user)")) }
    }

    @Test func `much at once is refused as a whole, and the same or less never is`() {
        var shares = UserShares(ofOne: 100)
        shares.add(100, of: "a")
        #expect(shares.hasRoom(for: 50, of: "b") && !shares.hasRoom(for: 51, of: "b"))
        #expect(shares.hasRoom(for: 0, of: "a") && shares.hasRoom(for: -1, of: "a"))
    }

    @Test func `what a user gives back is there for all`() {
        var shares = UserShares(ofOne: 10)
        shares.add(10, of: "a")
        #expect(!shares.hasRoom(for: 6, of: "b"))
        shares.add(-4, of: "a")
        #expect(shares.hasRoom(for: 6, of: "b") && shares.hasRoom(for: 4, of: "a"))
        shares.add(-6, of: "a")
        #expect(shares.hasRoom(for: 10, of: "b"))
    }
}
