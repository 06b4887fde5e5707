import TaskGrid

/// A worker whose tasks say themselves what goes wrong with them, for FaultTests alone. It tells each begin and end of a run to
/// the datagram socket `FAULT_RUNS`, so that what a killed process has done is known.
///
/// | payload | what the run does |
/// |---|---|
/// | `sleep SECONDS` | sleeps, then ends |
/// | `hold FILE` | ends when nobody has the file locked any more, or when it is cancelled |
/// | `hang-first` | never ends in its first attempt |
/// | `deaf-first` | never returns in its first attempt, whatever happens, and holds its thread |
/// | `fail-first` | fails in its first attempt |
/// | `fail-with FILE` | fails as long as there is such a file |
/// | `die` | kills its process |
/// | `die-first` | kills its process in its first attempt |
/// | `grow BYTES` | gives back so many bytes |
/// | anything else | ends |
///
/// A run that ends gives back its payload.
@main
struct FaultWorker: TaskWorker {
    let definition: TaskDefinition<String, String>
    let journal: RunJournal

    func run(_ input: String, context: TaskContext) async throws -> String {
        journal.tell("begun", context)
        let words = input.split(separator: " ")
        switch words.first {
        case "sleep":
            guard words.count == 2, let seconds = Double(words[1]) else { throw TaskError(.invalidInput, "sleep how long?") }
            // Time is what this payload asks for: a task that is longer than something else.
            try await Task.sleep(for: .seconds(seconds))
        case "hold" where words.count == 2: try await hold(String(words[1]))
        case "hang-first" where context.attempt == 1: try await hang()
        case "deaf-first" where context.attempt == 1: while true { pause() }
        case "fail-first" where context.attempt == 1: throw TaskError(.failed, "as it should")
        case "fail-with" where words.count == 2 && FileManager.default.fileExists(atPath: String(words[1])):
            throw TaskError(.failed, "as it should")
        case "die": kill(getpid(), SIGKILL)
        case "die-first" where context.attempt == 1: kill(getpid(), SIGKILL)
        case "grow" where words.count == 2:
            journal.tell("ended", context)
            return String(repeating: "x", count: Int(words[1]) ?? 0)
        default: break
        }
        journal.tell("ended", context)
        return input
    }

    /// Waits for a lock, on a thread that may block, or until the run is cancelled.
    private func hold(_ path: String) async throws {
        let (locked, continuation) = AsyncStream.makeStream(of: Void.self)
        Thread.detachNewThread {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            flock(descriptor, LOCK_SH)
            close(descriptor)
            continuation.finish()
        }
        for await _ in locked {}
        try Task.checkCancellation()
    }

    /// Waits for what never comes, until the run is cancelled.
    private func hang() async throws {
        let (nothing, _) = AsyncStream.makeStream(of: Void.self)
        for await _ in nothing {}
        try Task.checkCancellation()
    }

    static func main() async {
        let environment = ProcessInfo.processInfo.environment
        let journal = RunJournal(path: environment["FAULT_RUNS"] ?? "")
        let drainDeadline = Duration.seconds(environment["FAULT_DRAIN_DEADLINE"].flatMap(Int.init) ?? 30)
        let options = WorkerOptions(concurrency: 4, drainDeadline: drainDeadline)
        await Grid.runWorkers(.environment, options: options, arguments: []) {
            // A URL is what a test looks for among the arguments that the system shows.
            for type in CommandLine.arguments.dropFirst() where !type.contains("://") {
                FaultWorker(definition: TaskDefinition(try TaskType(type), input: .text, output: .text), journal: journal)
            }
        }
    }
}

/// The file to which runs are written.
struct RunJournal: Sendable {
    private let socket: Int32

    init(path: String) {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    func tell(_ what: String, _ context: TaskContext) {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let nanoseconds = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        let line = Array("\(what) \(context.type) \(context.id) \(context.attempt) \(getpid()) \(nanoseconds)".utf8)
        // A reader that is gone has no more tests to run.
        _ = send(socket, line, line.count, Int32(MSG_NOSIGNAL))
    }
}
