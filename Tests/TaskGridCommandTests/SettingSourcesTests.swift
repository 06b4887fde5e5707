import AMQP
import Foundation
import LocalGrid
import Monitor
import TaskGridConfiguration
import TaskGridCore
import TaskGridWorker
import Testing

@testable import TaskGridCommand

@Suite("Sources of settings")
struct SettingSourcesTests {
    private func configuration(
        _ arguments: [String: String] = [:], _ environment: [String: String] = [:], yaml: String = ""
    ) async throws -> Configuration {
        try await withFile(yaml) { path in
            try Configuration(try await SettingSources(arguments: arguments, file: path, environment: environment))
        }
    }

    @Test func `an argument comes before the environment, that before the file, that before the default`() async throws {
        let key = "worker.drain-deadline"
        let environment = ["TASKGRID_WORKER_DRAIN_DEADLINE": "2m"]
        let yaml = "worker:\n  drain-deadline: 3m\n"
        #expect(try await configuration([key: "1m"], environment, yaml: yaml).worker.drainDeadline == .seconds(60))
        #expect(try await configuration([:], environment, yaml: yaml).worker.drainDeadline == .seconds(120))
        #expect(try await configuration([:], ["TASKGRID_WORKER_DRAIN_DEADLINE": ""], yaml: yaml).worker.drainDeadline == .seconds(180))
        #expect(try await configuration().worker.drainDeadline == .seconds(30))
    }

    @Test func `the file's numbers and texts are taken, an empty value is none`() async throws {
        let taken = try await configuration(
            yaml:
                "prefix: blue\nqueue-kind: \"quorum\"\nready-file: /run/ready\n"
                + "worker:\n  concurrency: 3\n  prefetch: '17'\n  drain-deadline: 1.5\n"
        )
        #expect(taken.topology == Topology(prefix: "blue", queueKind: .quorum))
        #expect(taken.readyFile == "/run/ready")
        #expect(taken.worker.concurrency == 3)
        #expect(taken.worker.prefetch == 17)
        #expect(taken.worker.drainDeadline == .milliseconds(1500))
        for nothing in ["prefix:\nworker:\n", "prefix: ''\n", "", "\n  # prefix: red\n"] {
            #expect(try await configuration(yaml: nothing).topology == Topology())
        }
    }

    @Test func `the monitor's names are a list, or a text with commas; a bad one is refused by its place`() async throws {
        let names = ["monitor", "grid.example.org"]
        #expect(try await configuration(yaml: "monitor:\n  hosts: [monitor, grid.example.org]\n").monitor.hosts == names)
        #expect(try await configuration(yaml: "monitor:\n  hosts: monitor, grid.example.org\n").monitor.hosts == names)
        let variable = ["TASKGRID_MONITOR_HOSTS": "monitor,grid.example.org"]
        #expect(try await configuration([:], variable, yaml: "monitor:\n  hosts: [other]\n").monitor.hosts == names)
        #expect(try await configuration().monitor.hosts.isEmpty)
        for bad in ["monitor:8080", "http://monitor", "*", "a..b", "a,,b", "m\u{F6}bel"] {
            let failure = await #expect(throws: SettingError.self) { try await configuration([:], ["TASKGRID_MONITOR_HOSTS": bad]) }
            #expect(failure?.message.hasPrefix("TASKGRID_MONITOR_HOSTS: ") == true)
        }
    }

    @Test func `the environment names the file, and the argument another`() async throws {
        func prefix(_ file: String?, _ named: String) async throws -> String? {
            try await SettingSources(arguments: [:], file: file, environment: ["TASKGRID_CONFIG": named]).text("prefix")?.text
        }
        let (green, red) = ("prefix: green\n", "prefix: red\n")
        #expect(try await withFile(green) { try await prefix(nil, $0) } == "green")
        #expect(try await withFile(red) { try await prefix($0, "/nonexistent") } == "red")
    }

    @Test(arguments: [nil, "a: [1\n", "- 1\n", "worker: 5\n- b\n"])
    func `a file that is not there, or is no YAML, is refused by its name`(text: String?) async throws {
        try await withFile(text ?? "") { path in
            let path = text == nil ? path + ".missing" : path
            let failure = await #expect(throws: SettingError.self) {
                try await SettingSources(arguments: [:], file: path, environment: [:])
            }
            #expect(failure?.code == (text == nil ? .unreadable : .invalid))
            #expect(failure?.message.contains(path) == true)
        }
    }

    @Test func `an error about the file has nothing that is in it, and says where to read more`() async throws {
        try await withFile("monitor:\n  token: SECRET: SECRET\n") { path in
            let failure = await #expect(throws: SettingError.self) {
                try await SettingSources(arguments: [:], file: path, environment: [:])
            }
            #expect(failure?.message.contains("SECRET") == false)
            #expect(failure?.message.hasSuffix("to see what is wrong: taskgrid stats --config \(ShellWord(path: path))") == true)
        }
    }

    @Test func `a folder in place of the file is refused with what to do`() async {
        let failure = await #expect(throws: SettingError.self) { try await SettingSources(arguments: [:], file: "/tmp", environment: [:]) }
        #expect(
            failure?.message
                == "the configuration file /tmp cannot be read (Is a directory): give another with --config or TASKGRID_CONFIG")
    }

    /// Values that cannot be.
    static let bad: [(key: String, value: String)] = [
        ("prefix", "-a"), ("prefix", ".a"), ("prefix", "ä"), ("prefix", String(repeating: "a", count: 65)), ("queue-kind", "stream"),
        ("log-level", "loud"), ("log-format", "xml"), ("dispatcher.max-payload", "0"), ("dispatcher.max-attempts", "2147483648"),
        ("dispatcher.backoff", "-1s"), ("dispatcher.max-backoff", "soon"), ("dispatcher.retention", "1e300d"),
        ("dispatcher.retention-count", "-1"), ("dispatcher.window", "2 s"), ("dispatcher.max-batch", "0"),
        ("dispatcher.prefetch", "65536"), ("worker.concurrency", "0"), ("worker.prefetch", "1.5"), ("worker.drain-deadline", "nan"),
        ("monitor.port", "65536"),
    ]

    @Test(arguments: ["data", "ready-file", "liveness-file", "monitor.history"])
    func `an empty argument is no path`(key: String) async throws {
        let failure = await #expect(throws: SettingError.self) { try await configuration([key: ""]) }
        #expect(failure?.message == "--\(key.split(separator: ".").last ?? ""): '' is not the path of a file or folder")
    }

    @Test(arguments: ["", "mysql://me:secret@host/grid"]) func `a store that is none is refused without its text`(value: String)
        async throws
    {
        let failure = await #expect(throws: SettingError.self) { try await configuration(["dispatcher.store": value]) }
        #expect(failure?.message == "--store: \(StoreLocation.problem)")
    }

    @Test func `a time that is too long is refused with the longest`() async throws {
        let failure = await #expect(throws: SettingError.self) { try await configuration(["worker.drain-deadline": "10001d"]) }
        #expect(failure?.message.hasSuffix("at most 10000d") == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: bad) func `a bad value is refused by its name, wherever it stands`(key: String, value: String) async throws {
        func message(_ arguments: [String: String], _ environment: [String: String], yaml: String = "") async throws -> String {
            let failure = await #expect(throws: SettingError.self) { try await configuration(arguments, environment, yaml: yaml) }
            #expect(failure?.code == .invalid)
            return failure?.message ?? ""
        }
        let words = key.split(separator: ".")
        #expect(try await message([key: value], [:]).hasPrefix("--\(words.last ?? ""): "))
        let variable = ConfigurationKey.variable(of: key)
        #expect(try await message([:], [variable: value]).hasPrefix("\(variable): "))
        let yaml = words.count == 1 ? "\(key): \"\(value)\"" : "\(words[0]):\n  \(words[1]): \"\(value)\""
        #expect(try await message([:], [:], yaml: yaml).contains(": \(key): '\(value.prefix(80))' is not "))
    }

    @Test
    func `of a folder's grid, grid.json says prefix and kind, unless the place that names the folder or one before it does`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taskgrid \(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = GridFile(
            amqp: "amqp://h", monitor: nil, admin: nil, pid: getpid(), topology: Topology(prefix: "blue", queueKind: .quorum))
        try JSONEncoder().encode(file).write(to: folder.appending(path: "grid.json"))
        let data = ["data": folder.path]
        let blue = Topology(prefix: "blue", queueKind: .quorum)
        #expect(try await configuration(data).location().topology == blue)
        #expect(try await configuration(data, ["TASKGRID_PREFIX": "red"]).location().topology == blue)
        #expect(try await configuration(data, yaml: "prefix: red\nqueue-kind: classic\n").location().topology == blue)
        #expect(try await configuration(data.merging(["prefix": "red"]) { $1 }).location().topology.prefix == "red")
        // A grid of another prefix may have other queues.
        let named = ["TASKGRID_DATA": folder.path, "TASKGRID_PREFIX": "red", "TASKGRID_QUEUE_KIND": "classic"]
        #expect(try await configuration([:], named).location().topology == Topology(prefix: "red"))
        let other = try await configuration(data.merging(["queue-kind": "classic"]) { $1 })
        let failure = #expect(throws: SettingError.self) { try other.location() }
        #expect(failure?.message == "--queue-kind: the queues of the grid in \(folder.path) are quorum, not classic; leave it out")
        #expect(try await configuration(data, ["TASKGRID_BROKER": "amqp://other"]).location().topology == blue)
        let broker = try await configuration(["broker": "amqp://other"], named).location().topology
        #expect(broker == Topology(prefix: "red", queueKind: .classic))
    }

    @Test func `the first place that names a broker or a folder says which grid is meant`() async throws {
        let broker = "amqp://guest:secret@broker:5672"
        let folder = "/nonexistent/grid"
        let named = try await configuration(["broker": broker], ["TASKGRID_DATA": folder])
        #expect(try "\(named.location().endpoint)".contains("broker:5672"))
        #expect(try !"\(named.location().endpoint)".contains("secret"))
        let absent = try await configuration(["data": folder], ["TASKGRID_BROKER": broker])
        let failure = #expect(throws: SettingError.self) { try absent.location() }
        #expect(failure?.code == .notRunning)
        #expect(failure?.message.contains("--broker") == true)
        for data in [[:], ["data": folder]] {
            let wrong = try await configuration(data, ["TASKGRID_BROKER": "http://a"])
            #expect(#expect(throws: SettingError.self) { try wrong.location() }?.message.hasPrefix("TASKGRID_BROKER: ") == true)
        }
    }

    @Test(arguments: [
        ("[]", "the list is empty"), ("['']", "the list is empty"), ("['', '']", "the list is empty"),
        ("[amqp://a, 5]", "each begins with amqp://"), ("[amqp://a, b]", "each begins with amqp://"), ("[amqp://a, '']", "each begins"),
    ])
    func `a list of a broker's URLs has one at least, and nothing else`(list: String, words: String) async throws {
        let settings = try await configuration(yaml: "broker: \(list)\n")
        let failure = #expect(throws: SettingError.self) { try settings.location() }
        #expect(failure?.code == .invalid && failure?.message.contains(": broker: the list ") == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
        #expect(throws: SettingError.self) { try settings.program.brokerToStart() }
        // A place before the file's names another one.
        #expect(try await configuration(["broker": "amqp://c"], yaml: "broker: \(list)\n").location().endpoint == Endpoint(host: "c"))
    }

    @Test func `a list of URLs is a broker of several nodes`() async throws {
        let settings = try await configuration(yaml: "broker: [amqp://u:p@a, ' AMQP://u:p@b:5673']\n")
        #expect(try settings.location().endpoint.addresses == [.init(host: "a"), .init(host: "b", port: 5673)])
        // Hosts after a comma are no list of URLs.
        let variable = try await configuration([:], ["TASKGRID_BROKER": "amqp://u:p@a,b:5673"])
        #expect(try variable.location().endpoint == settings.location().endpoint)
    }

    @Test func `a grid starts on the broker that stands with its folder or before it, and another one is named`() async throws {
        let broker = "amqp://broker"
        #expect(try await configuration(["data": "/tmp/x", "broker": broker]).program.brokerToStart()?.url == broker)
        #expect(try await configuration(["broker": broker], ["TASKGRID_DATA": "/tmp/x"]).program.brokerToStart()?.url == broker)
        #expect(try await configuration(["data": "/tmp/x"]).program.brokerToStart() == nil)
        #expect(try await configuration([:], ["TASKGRID_BROKER": broker]).program.brokerToStart()?.url == broker)
        let conflict = try await configuration(["data": "/tmp/x"], ["TASKGRID_BROKER": broker])
        let failure = #expect(throws: SettingError.self) { try conflict.program.brokerToStart() }
        #expect(failure?.message.hasPrefix("--data names the grid's folder, and TASKGRID_BROKER a broker") == true)
        let wrong = try await configuration(["data": "/tmp/x", "broker": "http://a"])
        #expect(throws: SettingError.self) { try wrong.program.brokerToStart() }
    }

    @Test func `settings of TLS are those of the broker, wherever they stand`() async throws {
        let url = "amqps://user@broker"
        let tls = TLSSettings(ca: "/ca", certificate: "/certificate", key: "/key", serverName: "name")
        let arguments = ["broker-ca": "/ca", "broker-certificate": "/certificate", "broker-key": "/key", "broker-server-name": "name"]
        let variables = ProgramSettings.variables(of: tls)
        let yaml = arguments.map { "\($0): \($1)\n" }.joined()
        for (given, environment, file) in [(arguments, [:], ""), ([:], variables, ""), ([:], [:], yaml)] {
            let all = try await configuration(given.merging(["broker": url]) { $1 }, environment, yaml: file)
            #expect(try all.location().endpoint == Endpoint(url: url, tls: tls))
            #expect(try all.program.brokerToStart()?.tls == tls)
        }
        // Of a broker without TLS that comes before them they say nothing.
        #expect(try await configuration(["broker": "amqp://b"], variables).location().endpoint == Endpoint(url: "amqp://b"))
        let error = try await configuration(arguments, ["TASKGRID_BROKER": "amqp://b"])
        let failure = #expect(throws: SettingError.self) { try error.location() }
        #expect(failure?.message.hasPrefix("TASKGRID_BROKER: ") == true && failure?.message.contains("amqps://") == true)
        #expect(Set(ProgramSettings.variables(of: nil as TLSSettings?).values) == [""])
    }

    @Test func `the CAs beside a broker without TLS are no error where the management interface speaks HTTPS`() async throws {
        let plain = ["broker": "amqp://b", "broker-ca": "/ca"]
        let checked = try await configuration(plain.merging(["admin": "https://b:15671"]) { $1 })
        let endpoint = try checked.location().endpoint
        #expect(try endpoint == Endpoint(url: "amqp://b"))
        #expect(try checked.managementInterfaces(beside: endpoint).map { $0.tls?.ca } == ["/ca"])
        for more in [[:], ["admin": "http://b:15672"], ["admin": "https://b:15671", "broker-server-name": "name"]] {
            let other = try await configuration(plain.merging(more) { $1 })
            let failure = #expect(throws: SettingError.self) { try other.location() }
            #expect(failure?.message.hasPrefix("--broker: ") == true && failure?.message.contains("amqps://") == true, "\(more)")
        }
    }
}

@Suite("Durations as people write them")
struct DurationTextTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("15m", .seconds(900)), ("12h", .seconds(43_200)),
        ("7d", .seconds(604_800)), ("2", .seconds(2)), ("1.5s", .milliseconds(1500)), ("0.1h", .seconds(360)), ("0", .zero),
        ("10000d", .seconds(864_000_000)), ("1h30m", .seconds(5400)), ("1d2h3m4s5ms", .milliseconds(93_784_005)),
        ("1m1.5s", .milliseconds(61_500)),
    ])
    func `a number and its unit, seconds without one`(text: String, duration: Duration) {
        #expect(DurationText.read(text) == duration)
    }

    @Test(arguments: [
        "", "s", "ms", "-1s", "1 s", "1w", "30m1h", "1h1h", "1h30", "1h 30m", "h30m", ".", "1..2s", ".5s", "5.s", "1e3", "0x10", "+1s",
        "nan", "inf", "1e300d", "10001d", "１s",
    ])
    func `anything else is none`(text: String) {
        #expect(DurationText.read(text) == nil)
    }
}
