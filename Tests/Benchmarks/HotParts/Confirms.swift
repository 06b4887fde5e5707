import Benchmark

@testable import AMQP

/// The ledger of publisher confirms: batches of 100 publications that the broker acknowledges together, one by one, and late.
func confirms() {
    Benchmark("Confirms: 100 publications, together", configuration: .init(scalingFactor: .kilo)) { benchmark in
        var ledger = ConfirmLedger()
        var tag: UInt64 = 0
        for _ in benchmark.scaledIterations {
            blackHole(ledger.register(count: 100))
            tag += 100
            blackHole(ledger.acknowledged(tag, multiple: true))
        }
    }
    Benchmark("Confirms: 100 publications, one by one", configuration: .init(scalingFactor: .kilo)) { benchmark in
        var ledger = ConfirmLedger()
        var tag: UInt64 = 0
        for _ in benchmark.scaledIterations {
            blackHole(ledger.register(count: 100))
            for _ in 0..<100 {
                tag += 1
                blackHole(ledger.acknowledged(tag, multiple: false))
            }
        }
    }
    Benchmark("Confirms: 100 publications, 50 batches later", configuration: .init(scalingFactor: .kilo)) { benchmark in
        var ledger = ConfirmLedger()
        for _ in 0..<50 { blackHole(ledger.register(count: 100)) }
        var tag: UInt64 = 0
        for _ in benchmark.scaledIterations {
            blackHole(ledger.register(count: 100))
            tag += 100
            blackHole(ledger.acknowledged(tag, multiple: true))
        }
    }
}
