import Testing

@testable import TaskStoreSQLite

@Suite("Writes that may keep their caller's thread")
struct WriterPaceTests {
    private let start = ContinuousClock.now
    private let pace = WriterPace()

    @Test func `a write keeps its caller's thread only where the caller allows it`() {
        #expect(pace.begin(mayBlock: true, at: start))
        pace.end(after: .milliseconds(1), at: start)
        #expect(!pace.begin(mayBlock: false, at: start))
    }

    @Test func `no write keeps its caller's thread while another one is under way`() {
        _ = pace.begin(mayBlock: false, at: start)
        #expect(!pace.begin(mayBlock: true, at: start))
        pace.end(after: .zero, at: start)
        #expect(!pace.begin(mayBlock: true, at: start), "the second one has not ended")
        pace.end(after: .zero, at: start)
        pace.end(after: .zero, at: start)
        #expect(pace.begin(mayBlock: true, at: start))
    }

    @Test func `after a slow write no write keeps its caller's thread for a while, whoever made the slow one`() {
        _ = pace.begin(mayBlock: false, at: start)
        pace.end(after: WriterPace.slow + .milliseconds(1), at: start)
        for (time, expected) in [(Duration.zero, false), (WriterPace.caution - .milliseconds(1), false), (WriterPace.caution, true)] {
            #expect(pace.begin(mayBlock: true, at: start + time) == expected)
            pace.end(after: .milliseconds(1), at: start + time)
        }
    }
}
