import Foundation
import TaskGridConfiguration
import Testing

@testable import TaskGridCommand

@Suite("The store of `taskgrid up`")
struct UpStoreTests {
    private func withFolder(hasDatabase: Bool, _ body: (GridFolder) throws -> Void) throws {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: "taskgrid-\(UUID().uuidString)").path)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        try FileManager.default.createDirectory(atPath: "\(folder.path)/database", withIntermediateDirectories: true)
        if hasDatabase { try Data().write(to: URL(filePath: "\(folder.path)/database/complete")) }
        try body(folder)
    }

    @Test(arguments: [StoreKindOption.Kind.sqlite, .postgresql], [false, true])
    func `that is asked for is taken, unless the settings name one`(kind: StoreKindOption.Kind, hasDatabase: Bool) throws {
        try withFolder(hasDatabase: hasDatabase) { folder in
            try UpCommand.check(kind, named: nil, in: folder)
            #expect(throws: Failure.self) { try UpCommand.check(kind, named: .file("/s"), in: folder) }
            try UpCommand.check(nil, named: .file("/s"), in: folder)
        }
    }

    @Test func `has to be said where the folder has a PostgreSQL of an earlier start`() throws {
        try withFolder(hasDatabase: true) { folder in
            let failure = #expect(throws: Failure.self) { try UpCommand.check(nil, named: nil, in: folder) }
            #expect(failure?.message?.contains("--store postgresql") == true)
        }
        // One whose making was interrupted has no tasks.
        try withFolder(hasDatabase: false) { folder in try UpCommand.check(nil, named: nil, in: folder) }
    }
}
