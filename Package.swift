// swift-tools-version: 6.2
import PackageDescription

/// Every target is built alike: language mode 6, the features that will be its defaults, warnings as errors.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A product that the command and its services need, and no program that submits or runs tasks.
func command(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: ["Command"]))
}

/// A product of the web server, which is behind either trait.
func web(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: ["Command", "HealthEndpoint"]))
}

let argumentParser = command("ArgumentParser", "swift-argument-parser")
let bigInt = command("BigInt", "BigInt")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = command("GRDB", "GRDB.swift")
let histogram = command("Histogram", "hdrhistogram-swift")
let httpTypes = web("HTTPTypes", "swift-http-types")
let hummingbird = web("Hummingbird", "hummingbird")
let hummingbirdTesting = command("HummingbirdTesting", "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let x509 = command("X509", "swift-certificates")
let yams = command("Yams", "Yams")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioSSL = web("NIOSSL", "swift-nio-ssl")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let subprocess = command("Subprocess", "swift-subprocess")
let systemPackage = command("SystemPackage", "swift-system")

/// The binding of libpq, whose headers only a build with the command needs.
let postgres = Target.Dependency.target(name: "Postgres", condition: .when(traits: ["Command"]))

func source(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// A program that the documentation shows, and that the tests run.
func example(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["TaskGrid"], path: "Sources/Examples/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "taskgrid",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "AMQP", targets: ["AMQP"]),
        .library(name: "TaskGrid", targets: ["TaskGrid"]),
        .library(name: "TaskGridTesting", targets: ["TaskGridTesting"]),
        .library(name: "TaskGridClient", targets: ["TaskGridClient", "TaskGridCore", "AMQP"]),
        .library(name: "TaskGridWorker", targets: ["TaskGridWorker", "TaskGridCore", "AMQP"]),
        // For Tests/Benchmarks, which is a package of its own.
        .library(
            name: "TaskGridParts",
            targets: ["TaskGridCore", "AMQP", "TaskGridClient", "TaskStore", "TaskStoreSQLite", "TaskStorePostgres", "Dispatcher"]),
        .executable(name: "taskgrid", targets: ["TaskGridCommand"]),
    ],
    traits: [
        .trait(
            name: "Command",
            description: "The `taskgrid` command and the services. Libraries do without: `traits: []` fetches none of what they need."
        ),
        .trait(
            name: "HealthEndpoint",
            description: "`Grid.runWorkers` serves `/healthz` where its settings name a port. It needs a web server."
        ),
        .default(enabledTraits: ["Command", "HealthEndpoint"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev", "libssl-dev"])]),
        // The thread of a connection, which the bindings share.
        .systemLibrary(name: "CPolling"),
        source("Polling", ["CPolling"]),
        source("AMQP", ["CRabbitMQ", "Polling", collections, logging]),
        // libpq's headers are needed to build it, and the library itself where a PostgreSQL is used. Modules depend on it behind the
        // trait "Command" alone.
        .target(name: "CPostgres"),
        source("Postgres", ["CPostgres", "Polling", logging]),
        source("TaskGridCore", ["AMQP", protobuf, crypto], exclude: ["taskgrid.proto"]),
        source("ServiceSupport", ["CRabbitMQ", "TaskGridCore", "AMQP", lifecycle, unixSignals, logging]),
        source("TaskStore", ["TaskGridCore"]),
        source("TaskStoreSQLite", ["TaskStore", "TaskGridCore", "AMQP", "ServiceSupport", grdb], exclude: ["Schema.sql"]),
        source(
            "TaskStorePostgres",
            ["TaskStore", "TaskGridCore", "AMQP", "ServiceSupport", postgres, collections, logging], exclude: ["Schema/Schema.sql"]),
        source("TaskGridClient", ["TaskGridCore", "AMQP", "ServiceSupport", collections, logging]),
        source("TaskGridWorker", ["TaskGridCore", "AMQP", "ServiceSupport", collections, logging, lifecycle]),
        source("TaskGridConfiguration", ["TaskGridCore", "AMQP", "ServiceSupport", "TaskGridWorker", configuration, logging]),
        source(
            "TaskGrid",
            [
                "TaskGridCore", "AMQP", "TaskGridClient", "TaskGridWorker", "TaskGridConfiguration", "ServiceSupport",
                .target(name: "WebSupport", condition: .when(traits: ["HealthEndpoint"])), lifecycle, logging,
            ]
        ),
        source("TaskGridTesting", ["TaskGrid", "TaskGridClient", "TaskGridWorker", "TaskGridCore", "AMQP", logging]),
        source("BuiltinWorkers", ["TaskGridCore", "TaskGridWorker", bigInt, crypto]),
        source("Dispatcher", ["TaskGridCore", "AMQP", "ServiceSupport", "TaskStore", collections, logging, lifecycle, histogram]),
        source("Nameservice", ["TaskGridCore", "AMQP", "ServiceSupport", collections, logging, lifecycle]),
        // A module of its own beside ServiceSupport, because programs that submit or run tasks need no web server without the trait.
        source("WebSupport", ["ServiceSupport", "TaskGridCore", logging, lifecycle, httpTypes, hummingbird, nioSSL]),
        source(
            "Monitor",
            ["TaskGridCore", "AMQP", "ServiceSupport", "WebSupport", crypto, grdb, logging, lifecycle, histogram, httpTypes, hummingbird],
            resources: [.embedInCode("Page/Assets")]
        ),
        source("LocalGrid", ["AMQP", "TaskGridCore", "ServiceSupport", "TaskGridConfiguration", crypto, subprocess, systemPackage, x509]),
        source("Chaos", ["TaskGridCore", "AMQP", "TaskGridClient", "TaskGridConfiguration", "TaskGridWorker", "LocalGrid", logging]),
        .executableTarget(
            name: "TaskGridCommand",
            dependencies: [
                "TaskGridCore", "AMQP", "TaskGridConfiguration", "TaskStore", "TaskStoreSQLite", "TaskStorePostgres", "Postgres",
                "TaskGridClient", "TaskGridWorker", "BuiltinWorkers",
                "Dispatcher", "Nameservice", "Monitor", "ServiceSupport", "WebSupport", "LocalGrid", "Chaos", argumentParser, yams,
                lifecycle,
                unixSignals, logging,
                histogram, nioSSL,
            ],
            swiftSettings: settings
        ),
        example("Hello"), example("Values"), example("ManyTasks"), example("Cancellation"), example("Interceptors"),
        .target(
            name: "TestSupport", dependencies: ["TaskGridCore", "AMQP", "LocalGrid", logging], path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        tests("TaskGridCoreTests", ["TestSupport", "TaskGridCore", "AMQP"]),
        tests("ServiceSupportTests", ["ServiceSupport", "TaskGridCore", "AMQP", logging]),
        tests("PollingTests", ["Polling"]),
        tests("AMQPTests", ["TestSupport", "AMQP", "Polling", "CRabbitMQ", "LocalGrid", "TaskGridConfiguration", "TaskGridCore", logging]),
        tests("PostgresTests", ["TestSupport", "Postgres", "CPostgres", "LocalGrid", logging]),
        .target(
            name: "TaskStoreConformance",
            dependencies: [
                "TestSupport", "TaskStore", "TaskStoreSQLite", "TaskStorePostgres", "Postgres", "TaskGridCore", "AMQP", "LocalGrid",
                logging,
            ],
            path: "Tests/TaskStoreConformance", swiftSettings: settings
        ),
        tests(
            "TaskStoreSQLiteTests", ["TestSupport", "TaskStoreConformance", "TaskStore", "TaskStoreSQLite", "TaskGridCore", "AMQP", grdb]),
        tests(
            "TaskStorePostgresTests",
            [
                "TestSupport", "TaskStoreConformance", "TaskStore", "TaskStoreSQLite", "TaskStorePostgres", "Postgres", "TaskGridCore",
                "AMQP",
                "LocalGrid",
                logging,
            ]),
        tests("TaskGridClientTests", ["TestSupport", "TaskGridClient", "TaskGridCore", "AMQP", "LocalGrid", logging]),
        tests("TaskGridWorkerTests", ["TestSupport", "TaskGridWorker", "ServiceSupport", "TaskGridCore", "AMQP"]),
        tests("TaskGridTests", ["TestSupport", "TaskGrid", "TaskGridConfiguration", "ServiceSupport"]),
        tests("TaskGridTestingTests", ["TaskGrid", "TaskGridTesting"]),
        tests("BuiltinWorkersTests", ["TestSupport", "BuiltinWorkers", "TaskGridWorker", "TaskGridCore"]),
        tests(
            "DispatcherTests",
            [
                "TestSupport", "Dispatcher", "ServiceSupport", "TaskStore", "TaskStoreSQLite", "TaskStoreConformance", "TaskGridCore",
                "AMQP",
                "LocalGrid",
            ]),
        tests("NameserviceTests", ["TestSupport", "Nameservice", "TaskGridCore", "AMQP", lifecycle]),
        tests(
            "MonitorTests",
            [
                "TestSupport", "Monitor", "ServiceSupport", "WebSupport", "TaskGridCore", "AMQP", "LocalGrid", grdb, lifecycle, histogram,
                logging, httpTypes,
                hummingbird, hummingbirdTesting,
            ]
        ),
        tests(
            "WebSupportTests",
            [
                "TestSupport", "TaskStoreConformance", "WebSupport", "ServiceSupport", "TaskGridCore", "AMQP", "TaskStore",
                "TaskStoreSQLite", "Dispatcher", "Nameservice", "TaskGridWorker", "LocalGrid",
                lifecycle, logging, hummingbird, hummingbirdTesting, httpTypes, nioSSL,
            ]
        ),
        tests("LocalGridTests", ["TestSupport", "LocalGrid", "ServiceSupport", "TaskGridConfiguration", "TaskGridCore", "AMQP", logging]),
        tests(
            "ChaosTests",
            [
                "TestSupport", "Chaos", "AMQP", "TaskGridConfiguration", "TaskGridCore", "TaskGridClient", "TaskGridWorker", "LocalGrid",
                "TaskGridCommand",
                argumentParser, logging,
            ]
        ),
        tests(
            "TaskGridCommandTests",
            [
                "TestSupport", "TaskGridCommand", "TaskGridConfiguration", "TaskGridCore", "TaskGridClient", "TaskGridWorker", "AMQP",
                "LocalGrid",
                "Monitor", "Chaos",
                argumentParser, yams,
            ]
        ),
        tests(
            "IntegrationTests",
            [
                "TestSupport", "TaskGrid", "TaskGridCore", "AMQP", "TaskStore", "TaskStoreSQLite", "TaskStoreConformance", "TaskGridClient",
                "TaskGridWorker", "BuiltinWorkers", "Dispatcher", "LocalGrid", "Nameservice", "Monitor", lifecycle, logging,
            ],
            resources: [.copy("Corpus"), .copy("Fixtures")]
        ),
        tests(
            "BrowserTests",
            [
                "TestSupport", "TaskGridCore", "AMQP", "TaskStoreSQLite", "TaskGridClient", "TaskGridWorker", "BuiltinWorkers",
                "Dispatcher",
                "Nameservice", "Monitor", lifecycle, logging, subprocess, systemPackage,
            ]
        ),
        .executableTarget(
            name: "FaultWorker", dependencies: ["TaskGrid"],
            path: "Tests/FaultWorker", swiftSettings: settings
        ),
        tests(
            "FaultTests",
            [
                "TestSupport", "TaskGridConfiguration", "TaskGridCore", "AMQP", "ServiceSupport", "TaskGridClient", "LocalGrid",
                "TaskGridCommand", "TaskStore", "TaskStoreSQLite", "TaskStoreConformance", postgres,
                "FaultWorker", grdb,
                logging,
            ]
        ),
    ]
)
