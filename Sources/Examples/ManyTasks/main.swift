// Many tasks: a task for each input, submitted together, with their outputs in the inputs' order.
import TaskGrid

let square = TaskDefinition<Int, Int>("square")

if CommandLine.arguments.contains("worker") {
    await Grid.runWorkers(.environment, arguments: []) {
        square.worker { number, _ in number * number }
    }
} else {
    await Grid.runClient(.environment) { client in
        var sum = 0
        for result in try await client.run(square, each: Array(1...10_000)) {
            sum += try result.get()  // Throws the error of a task that failed; the others have their outputs.
        }
        // The program's output.
        print(sum)
    }
}
