// One definition, both ends: `swift run Hello worker` runs the tasks, `swift run Hello` submits one.
import TaskGrid

let greet = TaskDefinition<String, String>("greet")

if CommandLine.arguments.contains("worker") {
    await Grid.runWorkers(.environment, arguments: []) {
        greet.worker { name, _ in
            guard !name.isEmpty else { throw TaskError(.invalidInput, "nobody to greet") }
            return "Hello, \(name)!"
        }
    }
} else {
    await Grid.runClient(.environment) { client in
        // The program's output.
        print(try await client.run(greet, "world"))
    }
}
