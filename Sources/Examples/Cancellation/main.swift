// Cancellation: the worker's code is cancelled as any Swift task is, and the client is told how its task ended.
import TaskGrid

let count = TaskDefinition<Int, Int>("count")

if CommandLine.arguments.contains("worker") {
    await Grid.runWorkers(.environment, arguments: []) {
        count.worker { last, context in
            var number = 0
            while number < last {
                try await Task.sleep(for: .seconds(1))  // Throws at once when the task is cancelled.
                try context.checkCancellation()  // For code that computes and does not wait.
                number += 1
            }
            return number
        }
    }
} else {
    await Grid.runClient(.environment) { client in
        let task = try await client.submit(count, 3600)
        _ = try await client.cancel([task])
        do {
            // The program's output.
            print(try await client.result(of: task, as: count))
        } catch let error as ClientError where error.ending?.state == .cancelled {
            // The program's output.
            print("cancelled")
        }
    }
}
