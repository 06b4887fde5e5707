import Foundation
import TaskGridConfiguration
import Testing

@testable import LocalGrid

@Suite struct GridFolderTests {
    @Test func `the default folder is in the user's state folder`() {
        #expect(GridFolder.standard(environment: ["XDG_STATE_HOME": "/state"]).path == "/state/taskgrid")
        #expect(GridFolder.standard(environment: [:]).path == "\(NSHomeDirectory())/.local/state/taskgrid")
        #expect(GridFolder.standard(environment: ["XDG_STATE_HOME": "relative"]) == GridFolder.standard(environment: [:]))
    }

    @Test func `a relative path starts at the current folder`() {
        #expect(GridFolder("here/../there").path == "\(FileManager.default.currentDirectoryPath)/there")
    }

    @Test func `a folder is made for its owner alone`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            withExtendedLifetime(lock) {}
            #expect(try mode(folder.path) == 0o700)
            #expect(try mode(folder.logs) == 0o700)
            #expect(try mode(folder.lockFile) == 0o600)
        }
    }

    @Test func `a folder is held by one grid at a time`() async throws {
        try await withTemporaryFolder { folder in
            var lock: FolderLock? = try folder.open()
            try GridFile(amqp: "amqp://h", monitor: nil, admin: nil, pid: getpid(), topology: nil).write(to: folder)
            let error = #expect(throws: LocalGridError.self) { try folder.open() }
            #expect(error?.code == .folderInUse)
            #expect(error?.message.contains("process \(getpid())") == true)
            withExtendedLifetime(lock) {}
            lock = nil
            _ = try folder.open()
        }
    }

    @Test func `a path that SQLite would not take is refused with what it may have`() {
        let error = #expect(throws: LocalGridError.self) { try GridFolder("/tmp/\(String(repeating: "long/", count: 100))").open() }
        #expect(error?.code == .folder)
        #expect(error?.message.contains("480 at most") == true)
    }

    @Test(arguments: ["łódź", "a#b", "o'x", "a\"b", "a b", "a\nb", "100%41", "a?b", "$x", "e\u{301}", "é", "~x", "a\\b"])
    func `a path is kept as it is given`(name: String) {
        #expect(Array(GridFolder("/tmp/\(name)").path.utf8) == Array("/tmp/\(name)".utf8))
    }

    @Test func `a folder whose name RabbitMQ would not take is seen from within`() {
        #expect(GridFolder("/tmp/a_b-c.d/1").seenFromWithin.path == "/tmp/a_b-c.d/1")
        #expect(GridFolder("/tmp/a b").seenFromWithin.broker == "/proc/self/cwd/broker")
    }

    @Test func `a disk is full where less is left than a process needs`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            withExtendedLifetime(lock) {}
            #expect(FreeSpace.isShort(at: folder.path, least: .max) && !FreeSpace.isShort(at: folder.path, least: 0))
            #expect(!FreeSpace.isShort(at: "\(folder.path)/none", least: .max))
        }
    }

    @Test func `a folder that cannot be made is an error in one line`() async throws {
        try await withTemporaryFolder { folder in
            #expect(FileManager.default.createFile(atPath: folder.path, contents: nil))
            let error = #expect(throws: LocalGridError.self) { try GridFolder("\(folder.path)/inside").open() }
            #expect(error?.code == .folder)
            #expect(error?.message.contains("Not a directory") == true)
            #expect(error?.message.contains("--data") == true)
            #expect(error?.message.contains("\n") == false)
        }
    }
}

/// The monitor's token in the grid's folder.
@Suite struct KeptTokenTests {
    private func token(_ folder: GridFolder, make: String) throws -> String {
        try folder.keptToken(isToken: { $0.count > 2 }, make: { make })
    }

    @Test func `a token is the same after a restart, and its owner's alone`() async throws {
        try await withTemporaryFolder { folder in
            let first = try token(folder, make: "first")
            #expect(first == "first")
            #expect(try token(folder, make: "second") == "first")
            #expect(try mode("\(folder.path)/token") == 0o600)
            #expect(try mode(folder.path) == 0o700)
        }
    }

    @Test func `a token that others could read, or that is none, is replaced`() async throws {
        try await withTemporaryFolder { folder in
            _ = try token(folder, make: "first")
            chmod("\(folder.path)/token", 0o644)
            #expect(try token(folder, make: "second") == "second")
            #expect(try mode("\(folder.path)/token") == 0o600)
            try Data("x".utf8).write(to: URL(filePath: "\(folder.path)/token"))
            #expect(try token(folder, make: "third") == "third")
        }
    }
}
