import ServiceSupport
import Testing

@Suite struct SignalTests {
    @Test(.timeLimit(.minutes(1))) func `a signal raised before is seen once`() async {
        let signal = Signal()
        signal.raise()
        signal.raise()
        await signal.wait()
        // Lowered: this wait ends by its deadline alone.
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(20))
        await signal.wait(until: deadline)
        #expect(ContinuousClock.now >= deadline)
    }

    @Test(.timeLimit(.minutes(1))) func `a signal ends the wait for a later deadline`() async {
        let signal = Signal()
        await withTaskGroup { group in
            group.addTask { await signal.wait(until: ContinuousClock.now.advanced(by: .seconds(3600))) }
            group.addTask { signal.raise() }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `cancelling ends the wait`() async {
        let signal = Signal()
        await withTaskGroup { group in
            group.addTask { await signal.wait() }
            group.cancelAll()
        }
        await withTaskGroup { group in
            group.addTask { await signal.wait(until: nil) }
            await Task.yield()
            group.cancelAll()
        }
    }
}
