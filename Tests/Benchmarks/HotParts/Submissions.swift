import Benchmark

@testable import TaskGridClient
@testable import TaskGridCore

/// The client's queue of submissions, from which a message of 100 is taken and added again. The two times have to be alike: if a message
/// copied what waits, that of the long queue would be some hundred times the other.
func submissions() {
    let now = ContinuousClock.now
    let tasks = [Submission.Task(payload: Samples.payload)]
    for waiting in [1_000, 100_000] {
        let name = "Submissions: 100 taken and added again, \(waiting) wait"
        Benchmark(name, configuration: .init(scalingFactor: .kilo)) { benchmark in
            var buffer = SubmissionBuffer(bounds: MessageBounds(tasks: Samples.size))
            for id in 0..<waiting {
                buffer.add(PendingSubmission(id: id, type: Samples.type, tasks: tasks, called: now, deadline: now + .seconds(3600)))
            }
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                let message = buffer.take(onlyFull: true) ?? []
                if message.count != Samples.size { benchmark.error("no full message was taken") }
                for submission in message { buffer.add(submission) }
            }
            benchmark.stopMeasurement()
        }
    }
}
