import AMQP
import TaskGridCore
import Testing

@testable import TaskGridClient

struct SubmissionsTests {
    let start = ContinuousClock.now

    @Test func `a partial message waits for the confirm of the one before`() throws {
        var submissions = Submissions()
        submissions.add(submission(1))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.add(submission(2))
        submissions.add(submission(3))
        #expect(submissions.startPublishing(at: start).isEmpty)
        submissions.confirmed(first.correlation, now: start)
        #expect(submissions.startPublishing(at: start).map { $0.submissions.map(\.id) } == [[2, 3]])
    }

    @Test func `full messages are in flight together up to a bound`() {
        var submissions = Submissions(limits: .init(unconfirmed: 3, unanswered: 4), bounds: MessageBounds(tasks: 1, size: 100))
        for id in 1...6 { submissions.add(submission(id)) }
        let first = submissions.startPublishing(at: start)
        #expect(first.flatMap(\.submissions).map(\.id) == [1, 2, 3])
        for inFlight in first { submissions.confirmed(inFlight.correlation, now: start) }
        #expect(submissions.startPublishing(at: start).flatMap(\.submissions).map(\.id) == [4], "four at most wait for an answer")
        #expect(submissions.answered(first[0].correlation) != nil)
        #expect(submissions.startPublishing(at: start).flatMap(\.submissions).map(\.id) == [5])
    }

    @Test func `an unknown outcome is repeated under the same key`() throws {
        var submissions = Submissions()
        submissions.add(submission(1))
        let first = try #require(submissions.startPublishing(at: start).first)
        #expect(first.publication(client: "c", exchange: "x", now: .now).isMandatory)
        submissions.failed(first.correlation, ClientError(.brokerUnavailable, "lost"), isUnknown: true, now: start)
        #expect(submissions.startPublishing(at: start).isEmpty, "not at once")
        let again = try #require(submissions.startPublishing(at: start + .seconds(1)).first)
        #expect((again.key, again.correlation) == (first.key, first.correlation))
        #expect(again.publishCount == 2)
        #expect(!again.publication(client: "c", exchange: "x", now: .now).isMandatory, "another message of this id may be unconfirmed")
    }

    @Test func `an unanswered submission is repeated until its deadline`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(30)))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.confirmed(first.correlation, now: start)
        #expect(submissions.startPublishing(at: start + .seconds(4)).isEmpty)
        let again = try #require(submissions.startPublishing(at: start + .seconds(5)).first)
        #expect(again.key == first.key)
        #expect(submissions.expire(now: start + .seconds(29)).isEmpty)
        let (expired, error) = try #require(submissions.expire(now: start + .seconds(30)).first)
        #expect(expired.id == 1)
        #expect(error.code == .serviceUnavailable)
        #expect(error.message.contains("may have been accepted"))
        #expect(error.isOutcomeUnknown)
        #expect(submissions.isEmpty)
        #expect(submissions.answered(first.correlation) == nil, "a late answer finds nobody")
    }

    @Test func `a dispatcher that has not answered yet is named in the error`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(2)))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.confirmed(first.correlation, now: start)
        let (_, error) = try #require(submissions.expire(now: start + .seconds(2)).first)
        #expect(error.code == .serviceUnavailable)
        #expect(error.isOutcomeUnknown)
    }

    @Test func `the error of a submission that was never sent says so`() throws {
        var submissions = Submissions(limits: .init(unconfirmed: 1))
        submissions.add(submission(1))
        _ = submissions.startPublishing(at: start)
        submissions.add(submission(2, deadline: start + .seconds(1)))
        let (expired, error) = try #require(submissions.expire(now: start + .seconds(2)).first)
        #expect(expired.id == 2)
        #expect(error.message.contains("did not reach the grid"))
        #expect(!error.isOutcomeUnknown)
    }

    @Test func `a submission that the broker refused each time is known not to be accepted`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(9)))
        for second in 0..<5 {
            let inFlight = try #require(submissions.startPublishing(at: start + .seconds(second)).first)
            submissions.failed(inFlight.correlation, ClientError(.brokerFull, "full"), isUnknown: false, now: start + .seconds(second))
        }
        let (_, error) = try #require(submissions.expire(now: start + .seconds(9)).first)
        #expect(error.code == .brokerFull)
        #expect(!error.isOutcomeUnknown)
    }

    @Test func `a refused submission is not sent again in the last moments before its deadline`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(2)))
        let first = try #require(submissions.startPublishing(at: start).first)
        let refused = ClientError(.serviceUnavailable, "nobody there")
        submissions.failed(first.correlation, refused, isUnknown: false, now: start + .milliseconds(900))
        #expect(submissions.startPublishing(at: start + .milliseconds(1501)).isEmpty, "what became of it would not be learned in time")
        #expect(submissions.startPublishing(at: start + .milliseconds(1500)).count == 1)
        submissions.failed(first.correlation, refused, isUnknown: true, now: start + .milliseconds(1501))
        #expect(submissions.startPublishing(at: start + .milliseconds(2001)).count == 1, "its outcome is unknown anyway")
    }

    @Test func `an outcome that was unknown once stays unknown`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, key: "mine", deadline: start + .seconds(9)))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.failed(first.correlation, ClientError(.brokerUnavailable, "lost"), isUnknown: true, now: start)
        let again = try #require(submissions.startPublishing(at: start + .seconds(1)).first)
        submissions.failed(again.correlation, ClientError(.brokerUnavailable, "away"), isUnknown: false, now: start + .seconds(1))
        let (_, error) = try #require(submissions.expire(now: start + .seconds(9)).first)
        #expect(error.code == .brokerUnavailable)
        #expect(error.isOutcomeUnknown)
        #expect(error.message.contains("repeat it with the same key, which is safe"))
    }

    @Test func `the broker's trouble is the reason in the error`() throws {
        var submissions = Submissions(limits: .init(unconfirmed: 1))
        submissions.add(submission(1, deadline: start + .seconds(1)))
        _ = submissions.startPublishing(at: start)
        submissions.add(submission(2, deadline: start + .seconds(1)))
        let trouble = ClientError(.brokerBlocked, "low on memory")
        #expect(submissions.expire(now: start + .milliseconds(1999), trouble: trouble).map(\.0.id) == [2], "one may still be sent")
        submissions.add(submission(2, deadline: start + .seconds(1)))
        let expired = submissions.expire(now: start + .seconds(2), trouble: trouble)
        #expect(expired.map(\.1.code) == [.brokerBlocked, .brokerBlocked])
        #expect(Dictionary(uniqueKeysWithValues: expired.map { ($0.0.id, $0.1.isOutcomeUnknown) }) == [1: true, 2: false])
    }

    @Test func `an answer may come before the confirm`() throws {
        var submissions = Submissions()
        submissions.add(submission(1))
        let first = try #require(submissions.startPublishing(at: start).first)
        #expect(submissions.answered(first.correlation)?.submissions.map(\.id) == [1])
        submissions.add(submission(2))
        #expect(submissions.startPublishing(at: start).isEmpty, "the confirm still counts")
        submissions.confirmed(first.correlation, now: start)
        #expect(submissions.startPublishing(at: start).count == 1)
    }

    @Test func `unanswered submissions are sent again at once after replies were lost`() throws {
        var submissions = Submissions()
        submissions.add(submission(1))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.confirmed(first.correlation, now: start)
        submissions.repliesLost(now: start)
        #expect(submissions.startPublishing(at: start).map(\.key) == [first.key])
    }

    @Test func `a rejected payload fails alone`() throws {
        var submissions = Submissions()
        submissions.add(submission(1))
        submissions.add(submission(2))
        let both = try #require(submissions.startPublishing(at: start).first)
        submissions.confirmed(both.correlation, now: start)
        let tooLarge = Rejection(.payloadTooLarge, "")
        #expect(submissions.rejected(both.correlation, tooLarge, now: start).isEmpty)
        let apart = submissions.startPublishing(at: start)
        #expect(apart.map { $0.submissions.map(\.id) } == [[1], [2]])
        #expect(Set(apart.map(\.key) + [both.key]).count == 3, "nothing was taken under the old key")
        #expect(submissions.rejected(apart[1].correlation, tooLarge, now: start).map(\.id) == [2])
        #expect(submissions.answered(apart[0].correlation) != nil)
    }

    @Test func `a rejection that concerns all tasks of a message fails all of them`() throws {
        var submissions = Submissions()
        submissions.add(submission(1))
        submissions.add(submission(2))
        let both = try #require(submissions.startPublishing(at: start).first)
        #expect(submissions.rejected(both.correlation, Rejection(.storeUnavailable, ""), now: start).map(\.id) == [1, 2])
    }

    @Test func `a repeated submission fails when all its copies are rejected`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(30)))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.confirmed(first.correlation, now: start)
        let again = try #require(submissions.startPublishing(at: start + .seconds(5)).first)
        let locked = Rejection(.storeUnavailable, "locked")
        #expect(submissions.rejected(first.correlation, locked, now: start).isEmpty, "the repeat is on its way")
        submissions.confirmed(again.correlation, now: start + .seconds(5))
        #expect(submissions.rejected(first.correlation, Rejection(.storeUnavailable, "locked"), now: start).map(\.id) == [1])
        #expect(submissions.isEmpty)
    }

    @Test func `one that may have been accepted is repeated until it is known`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(3)))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.confirmed(first.correlation, now: start)
        let unknown = Rejection(.outcomeUnknown, "the database is away")
        #expect(submissions.rejected(first.correlation, unknown, now: start).isEmpty)
        #expect(submissions.startPublishing(at: start).isEmpty)
        let again = try #require(submissions.startPublishing(at: start + .milliseconds(500)).first)
        #expect(again.key == first.key)
        submissions.confirmed(again.correlation, now: start + .seconds(1))
        // The repeat is surely not accepted; the first one may be.
        #expect(submissions.rejected(first.correlation, Rejection(.storeUnavailable, "away"), now: start + .seconds(1)).isEmpty)
        var answered = submissions
        #expect(answered.answered(first.correlation)?.submissions.map(\.id) == [1])
        let (_, error) = try #require(submissions.expire(now: start + .seconds(3)).first)
        #expect(error.isOutcomeUnknown && error.code == .rejected)
    }

    @Test func `a rejected copy whose repeat is accepted is accepted`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(30)))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.failed(first.correlation, ClientError(.brokerUnavailable, "lost"), isUnknown: true, now: start)
        let again = try #require(submissions.startPublishing(at: start + .seconds(1)).first)
        submissions.confirmed(again.correlation, now: start + .seconds(1))
        #expect(submissions.rejected(first.correlation, Rejection(.storeUnavailable, "locked"), now: start).isEmpty)
        #expect(submissions.answered(first.correlation)?.submissions.map(\.id) == [1])
    }

    @Test func `a rejection is the reason if its repeat is never answered`() throws {
        var submissions = Submissions()
        submissions.add(submission(1, deadline: start + .seconds(12)))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.confirmed(first.correlation, now: start)
        for second in [5, 10] {
            let again = try #require(submissions.startPublishing(at: start + .seconds(second)).first)
            submissions.confirmed(again.correlation, now: start + .seconds(second))
            #expect(submissions.rejected(first.correlation, Rejection(.storeUnavailable, "locked"), now: start).isEmpty)
        }
        let (_, error) = try #require(submissions.expire(now: start + .seconds(12)).first)
        #expect(error.code == .rejected)
        #expect(error.message.contains("locked"))
        #expect(error.isOutcomeUnknown)
    }

    @Test func `abandoned submissions are not sent again, but their neighbours are`() throws {
        var submissions = Submissions()
        submissions.add(submission(1))
        submissions.add(submission(2))
        let first = try #require(submissions.startPublishing(at: start).first)
        submissions.abandon(1)
        submissions.failed(first.correlation, ClientError(.timedOut, ""), isUnknown: true, now: start)
        let again = try #require(submissions.startPublishing(at: start + .seconds(1)).first)
        #expect(again.count == 2, "under one key the content never changes")
        submissions.abandon(2)
        submissions.failed(first.correlation, ClientError(.timedOut, ""), isUnknown: true, now: start)
        #expect(submissions.isEmpty)
        submissions.add(submission(3))
        #expect(submissions.startPublishing(at: start).count == 1, "the places of the forgotten are free again")
    }
}
