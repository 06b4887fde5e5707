import Benchmark

@testable import AMQP
@testable import TaskGridCore

/// The messages of the wire, each a batch: how long it takes to write one, and to read it.
func codec() {
    measure("Submission", Samples.submission(), { $0.message() }, { try Submission($0) })
    measure("Work", Samples.work(), { $0.message(isPersistent: false) }, { try Work($0) })
    measure("Results", Samples.results(), { $0.message(isPersistent: false) }, { try Results($0) })
    measure("Reply", Samples.reply(), { $0.message() }, { try Reply($0) })
    let submission = Samples.submission()
    Benchmark("Codec: Submission of 100, fingerprint", configuration: .init(scalingFactor: .kilo)) { benchmark in
        for _ in benchmark.scaledIterations { blackHole(Fingerprint(submission)) }
    }
    Benchmark("Codec: Proof of an attempt", configuration: .init(scalingFactor: .kilo)) { benchmark in
        for _ in benchmark.scaledIterations { blackHole(Samples.key.proof(of: 1, attempt: 1, type: Samples.type)) }
    }
}

private func measure<Value>(
    _ name: String, _ value: Value, _ encode: @escaping (Value) -> Message, _ decode: @escaping (Message) throws -> Value
) {
    Benchmark("Codec: \(name) of 100, encode", configuration: .init(scalingFactor: .kilo)) { benchmark in
        for _ in benchmark.scaledIterations { blackHole(encode(value)) }
    }
    let message = encode(value)
    Benchmark("Codec: \(name) of 100, decode", configuration: .init(scalingFactor: .kilo)) { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try decode(message)) }
    }
}
