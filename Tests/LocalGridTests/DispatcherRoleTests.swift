import Foundation
import TaskGridConfiguration
import Testing

@testable import LocalGrid

@Suite("The part of a dispatcher")
struct DispatcherRoleTests {
    private func grid(_ folder: GridFolder, dispatchers: Int) throws -> LocalGrid {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts())
        services.dispatchers = dispatchers
        try FileManager.default.createDirectory(atPath: folder.ready, withIntermediateDirectories: true)
        return LocalGrid(GridConfiguration(folder: folder, ports: .free, services: services))
    }

    @Test func `of several, the one that has been active is told from the others, unless two have been`() async throws {
        try await withTemporaryFolder { folder in
            let grid = try grid(folder, dispatchers: 2)
            #expect(grid.role(ofDispatcher: "dispatcher") == .standby)
            try Data().write(to: URL(filePath: folder.readyFile(of: "dispatcher-2")))
            #expect(grid.role(ofDispatcher: "dispatcher") == .standby)
            #expect(grid.role(ofDispatcher: "dispatcher-2") == .active)
            // The first one has replaced it, and both still run.
            try Data().write(to: URL(filePath: folder.readyFile(of: "dispatcher")))
            #expect(grid.role(ofDispatcher: "dispatcher") == nil)
            #expect(grid.role(ofDispatcher: "dispatcher-2") == nil)
            #expect(grid.role(ofDispatcher: "dispatcher-3") == nil)
        }
    }

    @Test func `one alone has no part to tell`() async throws {
        try await withTemporaryFolder { folder in
            let grid = try grid(folder, dispatchers: 1)
            try Data().write(to: URL(filePath: folder.readyFile(of: "dispatcher")))
            #expect(grid.role(ofDispatcher: "dispatcher") == nil)
        }
    }
}
