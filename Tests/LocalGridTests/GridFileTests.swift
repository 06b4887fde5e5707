import AMQP
import Foundation
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import LocalGrid

@Suite struct GridFileTests {
    private func error(reading folder: GridFolder) -> SettingError? {
        #expect(throws: SettingError.self) { try GridFile.read(from: folder) }
    }

    @Test func `a grid file is read back as written, and is its owner's alone`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let file = GridFile(
                amqp: "amqps://u:p@127.0.0.1:5672", tls: TLSSettings(ca: "/ca.pem", serverName: "broker"),
                monitor: "http://127.0.0.1:8080", admin: nil, pid: getpid(),
                topology: Topology(prefix: "blue", queueKind: .quorum), store: "postgresql://h", storePasswordFile: "/p")
            try file.write(to: folder)
            #expect(try GridFile.read(from: folder) == file)
            #expect(try mode(folder.gridFile) == 0o600)
            GridFile.remove(from: folder)
            #expect(error(reading: folder)?.code == .notRunning)
        }
    }

    @Test func `the file of a grid that has ended is an error that says so`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let gone = Process()
            gone.executableURL = URL(fileURLWithPath: "/bin/true")
            try gone.run()
            gone.waitUntilExit()
            try GridFile(amqp: "amqp://h", monitor: nil, admin: nil, pid: gone.processIdentifier, topology: nil).write(to: folder)
            let error = error(reading: folder)
            #expect(error?.code == .notRunning)
            #expect(error?.message.contains("process \(gone.processIdentifier)") == true)
            #expect(error?.message.hasSuffix("taskgrid up --grid '\(folder.path)'") == true)
        }
    }

    @Test func `a damaged file is an error that names it`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            try PrivateFile.write("{", to: folder.gridFile)
            #expect(error(reading: folder)?.code == .unreadable)
        }
    }

    @Test func `a folder in place of the file is an error that says what to do`() async throws {
        try await withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: folder.gridFile, withIntermediateDirectories: true)
            let error = error(reading: folder)
            #expect(error?.code == .unreadable)
            #expect(
                error?.message == "cannot read \(folder.gridFile) (Is a directory): remove that folder, and start the grid again")
        }
    }

    @Test func `a missing folder is an error that names it`() {
        #expect(error(reading: GridFolder("/nowhere/at/all"))?.code == .notRunning)
    }

    private func write(in folder: GridFolder) throws {
        let lock = try folder.open()
        defer { withExtendedLifetime(lock) {} }
        try GridFile(amqp: "amqp://h", monitor: nil, admin: nil, pid: getpid(), topology: nil).write(to: folder)
    }

    private func checkDistrust(of folder: GridFolder, because fault: String) {
        let error = error(reading: folder)
        #expect(error?.code == .distrusted)
        #expect(error?.message.hasPrefix("\(folder.gridFile) is not used") == true && error?.message.contains(fault) == true)
        #expect(error?.message.contains("--broker") == true && error?.message.contains("--grid") == true)
    }

    @Test func `a file that others may write, or put into its folder, is refused with what to do`() async throws {
        try await withTemporaryFolder { folder in
            try write(in: folder)
            chmod(folder.gridFile, 0o620)
            checkDistrust(of: folder, because: "other users may write to \(folder.gridFile)")
            chmod(folder.gridFile, 0o600)
            #expect(throws: Never.self) { try GridFile.read(from: folder) }
            chmod(folder.path, 0o702)
            checkDistrust(of: folder, because: "other users may write to \(folder.path)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `a file, folder or link of another user is refused`() async throws {
        try await withTemporaryFolder { folder in
            try write(in: folder)
            chown(folder.gridFile, 65534, 65534)
            checkDistrust(of: folder, because: "\(folder.gridFile) belongs to another user (65534)")
            chown(folder.gridFile, 0, 0)
            chown(folder.path, 65534, 65534)
            checkDistrust(of: folder, because: "\(folder.path) belongs to another user (65534)")
            chown(folder.path, 0, 0)
            let link = GridFolder("\(folder.path)-link")
            defer { unlink(link.path) }
            symlink(folder.path, link.path)
            #expect(throws: Never.self) { try GridFile.read(from: link) }
            lchown(link.path, 65534, 65534)
            checkDistrust(of: link, because: "\(link.path) belongs to another user (65534)")
        }
    }
}
