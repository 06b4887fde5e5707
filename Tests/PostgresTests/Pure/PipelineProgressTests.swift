import TestSupport
import Testing

@testable import Postgres

@Suite("The outcome of a request whose connection breaks")
struct PipelineProgressTests {
    private let steps: [PipelineProgress.Step] = [.execute(0), .execute(1), .execute(2), .sync]
    private var whole: PipelineProgress { PipelineProgress(steps: steps, commitPoint: .step(.execute(2))) }
    private var plain: PipelineProgress { PipelineProgress(steps: steps, commitPoint: .step(.sync)) }

    @Test func `before the commit is sent nothing is committed, and afterwards nobody knows`() {
        var progress = whole
        #expect(progress.endingIfLost == .notCommitted)
        for _ in 0..<2 { progress.give() }
        #expect(progress.endingIfLost == .notCommitted)
        progress.give()
        #expect(progress.endingIfLost == .unknown)
        for _ in 0..<2 { progress.answer(.done) }
        #expect(progress.endingIfLost == .unknown)
        progress.answer(.done)
        #expect(progress.endingIfLost == .committed)
    }

    @Test func `without a transaction the sync is the commit`() {
        var progress = plain
        for _ in 0..<3 { progress.give() }
        for _ in 0..<3 { progress.answer(.done) }
        #expect(progress.endingIfLost == .notCommitted)
        progress.give()
        #expect(progress.endingIfLost == .unknown)
        progress.answer(.done)
        #expect(progress.endingIfLost == .committed)
    }

    @Test func `an error before the commit means that it is passed over`() {
        var progress = whole
        for _ in steps { progress.give() }
        progress.answer(.done)
        progress.answer(.failed(isFatal: true))
        #expect(progress.endingIfLost == .notCommitted && progress.failure == .execute(1))
    }

    @Test func `an error of the commit itself is believed, unless the session ends with it`() {
        for isFatal in [false, true] {
            var progress = whole
            for _ in steps { progress.give() }
            for _ in 0..<2 { progress.answer(.done) }
            progress.answer(.failed(isFatal: isFatal))
            #expect(progress.endingIfLost == (isFatal ? .unknown : .notCommitted))
        }
    }

    @Test func `a request within a transaction commits nothing`() {
        var progress = PipelineProgress(steps: steps, commitPoint: .later)
        for _ in steps { progress.give() }
        #expect(progress.endingIfLost == .notCommitted)
    }

    @Test func `whatever happens, a commit that was sent and not answered is never called not committed`() {
        forAll(2000) { generator, comment in
            var progress = generator.coin() ? whole : plain
            var hasFailed = false
            for _ in 0..<generator.number(0...12) {
                if generator.coin() {
                    if progress.next != nil { progress.give() }
                } else if progress.awaited != nil {
                    let fails = !hasFailed && generator.once(in: 8)
                    progress.answer(hasFailed ? .passedOver : fails ? .failed(isFatal: false) : .done)
                    hasFailed = hasFailed || fails
                }
            }
            guard case .step(let commit) = progress.commitPoint, let index = steps.firstIndex(of: commit) else { return }
            // A failure after the commit does not undo it.
            let hasFailedBefore = progress.failure.flatMap { steps.firstIndex(of: $0) }.map { $0 <= index } ?? false
            let expected: PipelineProgress.Ending =
                hasFailedBefore ? .notCommitted : progress.answered > index ? .committed : progress.given > index ? .unknown : .notCommitted
            #expect(progress.endingIfLost == expected, comment)
        }
    }
}
