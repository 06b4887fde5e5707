import Foundation
import ServiceSupport
import Testing

@Suite struct PrivateFileTests {
    private func withPath(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "private-\(UUID().uuidString)").path
        defer { for end in ["", "-link"] { try? FileManager.default.removeItem(atPath: path + end) } }
        try body(path)
    }

    @Test func `a file is read back as written, and is its owner's alone`() throws {
        try withPath { path in
            try PrivateFile.write("secret", to: path)
            #expect(try PrivateFile.read(path) == "secret")
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602] as [mode_t]) func `a file that others may read or write is refused`(mode: mode_t) throws {
        try withPath { path in
            try PrivateFile.write("secret", to: path)
            chmod(path, mode)
            let failure = #expect(throws: PrivateFile.Failure.self) { try PrivateFile.read(path) }
            #expect(failure?.isMissing == false && failure?.description.contains("chmod 600") == true)
            #expect(throws: PrivateFile.Failure.self) { try PrivateFile.openToAppend(path) }
        }
    }

    @Test func `a link is followed only where that is asked for`() throws {
        try withPath { path in
            try PrivateFile.write("secret", to: path)
            let link = "\(path)-link"
            symlink(path, link)
            let failure = #expect(throws: PrivateFile.Failure.self) { try PrivateFile.read(link) }
            #expect(failure?.description.contains("symbolic link") == true)
            #expect(throws: PrivateFile.Failure.self) { try PrivateFile.openToAppend(link) }
            #expect(try PrivateFile.read(link, followsLinks: true) == "secret")
        }
    }

    @Test func `a folder, a pipe and a file that is not there are refused`() throws {
        #expect(throws: PrivateFile.Failure.self) { try PrivateFile.read("/tmp") }
        let missing = #expect(throws: PrivateFile.Failure.self) { try PrivateFile.read("/nonexistent") }
        #expect(missing?.isMissing == true && missing?.description == "/nonexistent cannot be opened (No such file or directory)")
        try withPath { path in
            mkfifo(path, 0o600)
            let failure = #expect(throws: PrivateFile.Failure.self) { try PrivateFile.read(path) }
            #expect(failure?.description.hasSuffix("is not a plain file") == true)
        }
    }
}
