import Foundation
import TaskGridConfiguration
import Testing

@testable import LocalGrid

/// A fault that somebody else may have prepared in a data folder.
@Suite struct FolderCheckTests {
    private func make(_ path: String, mode: Int = 0o700) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
        chmod(path, mode_t(mode))
    }

    private func problem(of folder: GridFolder) -> String? {
        let error = #expect(throws: LocalGridError.self) { try folder.open() }
        #expect(error?.code == .folder && error?.message.contains("\n") == false)
        return error?.message
    }

    @Test(arguments: [0o770, 0o707, 0o720]) func `a folder that others may write to is refused with what to do`(mode: Int) async throws {
        try await withTemporaryFolder { folder in
            try make(folder.path, mode: mode)
            #expect(problem(of: folder)?.contains("chmod go-w") == true)
            #expect(!FileManager.default.fileExists(atPath: folder.lockFile))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `a folder, or a file in it, of another user is refused`() async throws {
        try await withTemporaryFolder { folder in
            try make(folder.path)
            chown(folder.path, 65534, 65534)
            let text =
                "the folder \(folder.path) belongs to another user (65534). That user could change what the grid keeps there. "
                + "Chown the folder, or choose another data folder with --data"
            #expect(problem(of: folder) == text)
        }
        try await withTemporaryFolder { folder in
            try make(folder.broker)
            #expect(FileManager.default.createFile(atPath: "\(folder.broker)/password", contents: Data("planted".utf8)))
            chown("\(folder.broker)/password", 65534, 65534)
            #expect(problem(of: folder)?.contains("\(folder.broker)/password belongs to another user") == true)
        }
    }

    @Test(arguments: ["store.sqlite", "token", "lock", "logs/dispatcher.log", "broker/password", "audit.jsonl"])
    func `a symbolic link in place of a file is not followed`(name: String) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder.path)/\(name)"
            try make(folder.path)
            try make((path as NSString).deletingLastPathComponent)
            symlink("\(folder.path)/elsewhere", path)
            #expect(problem(of: folder)?.contains("\(path) is a symbolic link") == true)
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/elsewhere"))
        }
    }

    @Test(arguments: [
        "store.sqlite", "store.sqlite-wal", "history.sqlite", "grid.json", "broker/advanced.config", "broker/enabled_plugins",
        "broker/definitions.json", "broker/rights.json", "broker/home/.erlang", "broker/home/.config/erlang/.erlang",
    ])
    func `a file that is read and that others may write to, and one that is no plain file, are refused`(name: String) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder.path)/\(name)"
            try make(folder.path)
            try make((path as NSString).deletingLastPathComponent)
            #expect(FileManager.default.createFile(atPath: path, contents: Data("planted".utf8)))
            for mode in [0o620, 0o602] as [mode_t] {
                chmod(path, mode)
                let problem = problem(of: folder)
                #expect(problem?.hasPrefix("other users may write to \(path), which holds ") == true)
                #expect(problem?.contains("chmod go-w") == true)
            }
            chmod(path, 0o644)
            withExtendedLifetime(try folder.open()) {}
            try FileManager.default.removeItem(atPath: path)
            try make(path)
            #expect(problem(of: folder)?.hasPrefix("\(path) is not a plain file. ") == true)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `a file of another user, deep in the folder, is refused`() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder.broker)/home/.config/erlang/.erlang"
            try make(folder.path)
            try make((path as NSString).deletingLastPathComponent)
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            chown(path, 65534, 65534)
            #expect(problem(of: folder)?.contains("\(path) belongs to another user (65534)") == true)
        }
    }

    @Test func `a node's folder, its data and its settings are this user's alone`() async throws {
        try await withTemporaryFolder { folder in
            let node = try BrokerNode(1, of: 2, ports: Ports(.free, for: BrokerNode.uses(1)))
            let files = BrokerFiles(folder: folder.broker, node: node)
            func prepare() throws(LocalGridError) { try files.prepare(node, seen: folder, maximumMessageSize: nil) }
            try prepare()
            for (path, mode) in [(files.nodeFolder, 0o700), (files.data, 0o700), (files.configuration, 0o600)] as [(String, mode_t)] {
                chmod(path, mode | 0o022)
                let error = #expect(throws: LocalGridError.self) { try prepare() }
                #expect(error?.code == .folder && error?.message.contains("other users may write to ") == true)
                #expect(error?.message.contains(path) == true)
                chmod(path, mode)
            }
            try prepare()
        }
    }

    @Test func `a link of one's own may lead to the folder`() async throws {
        try await withTemporaryFolder { folder in
            let link = GridFolder("\(folder.path)-link")
            defer { unlink(link.path) }
            try make(folder.path)
            symlink(folder.path, link.path)
            withExtendedLifetime(try link.open()) {}
        }
    }

    @Test func `a password of the broker that others may read is refused`() async throws {
        try await withTemporaryFolder { folder in
            let files = BrokerFiles(folder: folder.broker)
            let password = try files.prepare()
            #expect(try files.prepare() == password)
            for file in [files.password, files.cookie] {
                chmod(file, 0o644)
                let error = #expect(throws: LocalGridError.self) { try files.prepare() }
                #expect(error?.message.contains("\(file) can be read or written by other users: chmod 600 it") == true)
                chmod(file, 0o600)
            }
        }
    }
}
