// The hot parts of the grid, each by itself, to be run by hand: one file an area. The benchmark plugin's `main` calls this.
import Benchmark

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration.metrics = [.wallClock, .throughput]
    codec()
    frames()
    confirms()
    submissions()
    stateMachine()
    commits()
    turns()
}
