import Benchmark

@testable import TaskGridCore

/// The state machine of one task, from its acceptance to its end.
func stateMachine() {
    Benchmark("Task: handed out, named, succeeded", configuration: .init(scalingFactor: .mega)) { benchmark in
        for _ in benchmark.scaledIterations {
            var task = TaskStateMachine(maxAttempts: 3)
            blackHole(task.handle(.handedOut))
            blackHole(task.handle(.named(attempt: 1)))
            blackHole(task.handle(.succeeded(attempt: 1)))
        }
    }
    let error = TaskError(.failed, "no route to the file")
    Benchmark("Task: failed, tried again, failed for good", configuration: .init(scalingFactor: .mega)) { benchmark in
        for _ in benchmark.scaledIterations {
            var task = TaskStateMachine(maxAttempts: 2)
            blackHole(task.handle(.handedOut))
            blackHole(task.handle(.failed(attempt: 1, error)))
            blackHole(task.handle(.due))
            blackHole(task.handle(.handedOut))
            blackHole(task.handle(.failed(attempt: 2, error)))
        }
    }
}
