import Benchmark
import Foundation

@testable import AMQP
@testable import TaskGridCore

/// Frames that came put together to messages, and publications written as frames: of one task, and of a batch's size.
func frames() {
    let properties = BasicProperties(
        headers: [WireFormat.Header.store: .string(Samples.store), WireFormat.Header.attempt: 1], messageID: "1000001", type: "reverse"
    )
    let delivery = BrokerFrame.deliver(consumerTag: "work", tag: 1, isRedelivered: false, exchange: "taskgrid.work", routingKey: "reverse")
    for size in [100, 10_000] {
        let body = [UInt8](repeating: 0x61, count: size)
        Benchmark("Frames: a delivery of \(size) bytes, assemble", configuration: .init(scalingFactor: .kilo)) { benchmark in
            var assembler = ContentAssembler()
            for _ in benchmark.scaledIterations {
                blackHole(try assembler.take(delivery))
                blackHole(try assembler.take(.header(bodySize: UInt64(size), properties: properties)))
                blackHole(try body.withUnsafeBytes { bytes in try assembler.take(.body(bytes)) })
            }
        }
        let publication = Publication(
            exchange: "taskgrid.work", routingKey: "reverse", message: Message(properties: properties, body: Data(body)), isMandatory: true
        )
        // Ten leave together, as where they travel in batches: the buffer's growth is shared.
        Benchmark("Frames: 10 publications of \(size) bytes, encode", configuration: .init(scalingFactor: .kilo)) { benchmark in
            for _ in benchmark.scaledIterations {
                var encoder = FrameEncoder(maximumFrameSize: Int(Handle.maximumFrameSize))
                for _ in 0..<10 { encoder.publish(publication, channel: 1) }
                blackHole(encoder.take())
            }
        }
    }
}
