// Interceptors: code around every submission of a client, and around every run of a worker.
import TaskGrid

let shout = TaskDefinition<String, String>("shout")

/// Prints what is submitted.
struct Printing: SubmitInterceptor {
    func intercept(_ submission: ClientSubmission, next: NextSubmit) async throws(ClientError) -> [Result<TaskID, ClientError>] {
        // The program's output, beside that of the task.
        print("submitting \(submission.payloads.count) of type \(submission.type)")
        return try await next(submission)
    }
}

/// Logs how long each task ran.
struct Timing: RunInterceptor {
    func intercept(_ payload: Data, context: TaskContext, next: NextRun) async throws -> Data {
        let begin = ContinuousClock.now
        defer { context.logger.info("task ran", metadata: ["time": "\(begin.duration(to: .now))"]) }
        return try await next(payload, context)
    }
}

if CommandLine.arguments.contains("worker") {
    await Grid.runWorkers(.environment, interceptors: [Timing()], arguments: []) {
        shout.worker { text, _ in text.uppercased() }
    }
} else {
    await Grid.runClient(.environment, interceptors: [Printing()]) { client in
        // The program's output.
        print(try await client.run(shout, "hello"))
    }
}
