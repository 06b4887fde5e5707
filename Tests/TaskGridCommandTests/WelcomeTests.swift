import LocalGrid
import TaskGridConfiguration
import Testing

@testable import TaskGridCommand

@Suite struct WelcomeTests {
    private let file = GridFile(amqp: "amqp://h", monitor: nil, admin: nil, pid: 1, topology: nil)

    private func command(_ folder: GridFolder, namesFolder: Bool = false) -> Substring? {
        Welcome(file: file, folder: folder, namesFolder: namesFolder).text.split(separator: "\n")
            .first { $0.contains("taskgrid run") }?.drop { $0 == " " }
    }

    @Test func `the printed command names the grid's folder, quoted for a shell`() {
        #expect(command(GridFolder("/tmp/a b")) == "taskgrid run reverse hello --grid '/tmp/a b'")
        #expect(command(.standard()) == "taskgrid run reverse hello")
    }

    @Test func `the printed command names the folder where settings name a broker, so that it takes the grid's prefix`() {
        let folder = GridFolder.standard()
        #expect(command(folder, namesFolder: true) == "taskgrid run reverse hello --grid \(ShellWord(folder.path))")
    }
}
