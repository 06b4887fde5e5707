import ArgumentParser
import Foundation
import TaskGridConfiguration
import Testing

@testable import TaskGridCommand

@Suite struct SettingCheckTests {
    private func message(_ yaml: String, _ environment: [String: String] = [:]) async throws -> String? {
        try await withFile(yaml) { path in
            do throws(Failure) {
                try SettingCheck().check(file: path, environment: environment)
                return nil
            } catch {
                return error.message?.replacing(path, with: "FILE")
            }
        }
    }

    @Test(arguments: [
        ("worker:\n  concurency: 3\n", "worker.concurency is no setting; did you mean 'worker.concurrency'?"),
        ("workers:\n  concurrency: 3\n", "workers.concurrency is no setting; did you mean 'worker.concurrency'?"),
        ("drain-deadline: 3s\n", "drain-deadline is no setting; did you mean 'worker.drain-deadline'?"),
        ("colour: red\n", "colour is no setting"), ("colour:\n", "colour is no setting"),
        ("prefix:\n  name: red\n", "prefix.name is no setting"), ("worker: 5\n", "worker has settings below it, and no value of its own"),
        ("prefix: [a, b]\n", "prefix has a list, where one value belongs"),
        ("worker: [3]\n", "worker has settings below it, and no value of its own"),
        ("monitor:\n  hosts: [[a]]\n", "monitor.hosts has a list of something other than values"),
    ])
    func `a setting that there is not is refused by its place, with the one that was meant`(yaml: String, fault: String) async throws {
        #expect(try await message(yaml) == "FILE: \(fault)")
    }

    @Test func `every key and every section is known`() async throws {
        let names = ConfigurationKey.all.map(\.name)
        for name in names {
            let parts = name.split(separator: ".")
            #expect(try await message(parts.count == 1 ? "\(name): x\n" : "\(parts[0]):\n  \(parts[1]): x\n") == nil, "\(name)")
            if parts.count == 2 { #expect(try await message("\(parts[0]):\n") == nil) }
        }
        #expect(try await message("monitor:\n  hosts: [a, b]\n") == nil)
        #expect(try await message("") == nil)
        #expect(try await message("# nothing\n") == nil)
        let variables = Dictionary(uniqueKeysWithValues: ConfigurationKey.all.map { ($0.variable, "x") })
        #expect(try await message("", variables) == nil)
    }

    @Test func `a variable that there is not is refused, with the one that was meant`() async throws {
        let fault = try await message("", ["TASKGRID_MONITR_TOKEN": "x"])
        #expect(fault == "TASKGRID_MONITR_TOKEN is no setting; did you mean 'TASKGRID_MONITOR_TOKEN'?")
        #expect(try await message("", ["TASKGRID_FOO": "x"]) == "TASKGRID_FOO is no setting")
        #expect(try await message("", ["TASKGRID_TEST_BROKER": "x", "TASKGRID_FAILPOINT": "x", "TASKGRIDX": "x"]) == nil)
        #expect(try await message("", ["TASKGRID_NOTHING": ""]) == nil)
    }

    @Test func `a file that cannot be read is refused with the reason`() throws {
        func fault(_ path: String) -> String? {
            #expect(throws: Failure.self) { try SettingCheck().check(file: path, environment: [:]) }?.message
        }
        let advice = "give another with --config or TASKGRID_CONFIG"
        #expect(fault("/tmp") == "the configuration file /tmp cannot be read (Is a directory): \(advice)")
        let missing = "/tmp/taskgrid-none.yaml"
        #expect(fault(missing) == "the configuration file \(missing) cannot be read (No such file or directory): \(advice)")
    }

    @Test func `a file in place of the grid's folder is refused`() async throws {
        try await withFile("") { path in
            let error = await #expect(throws: Failure.self) { _ = try await GridOptions.parse(["--grid", path]).configuration() }
            #expect(error?.message == "\(path) is a file, where the grid's folder belongs: choose a folder with --grid")
        }
    }

    @Test func `an error about the file does not show what is in it`() async throws {
        let fault = try await message("monitor:\n  token: SECRET: SECRET\n")
        #expect(fault?.contains("line 2") == true)
        #expect(fault?.contains("SECRET") == false)
        #expect(try await message("prefix: a\nprefix: b\n") == "the configuration file FILE cannot be read: it has prefix twice")
        #expect(try await message("- 1\n")?.hasPrefix("the configuration file FILE cannot be read") == true)
    }
}
