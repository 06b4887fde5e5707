import AMQP
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

    @Test func `a grid that speaks TLS names its CA`() {
        let tls = TLSSettings(ca: "/tmp/a b/tls/ca.pem")
        let own = GridFile(amqp: "amqps://h", tls: tls, monitor: nil, admin: "https://h", pid: 1, topology: nil)
        #expect(Welcome(file: own, folder: GridFolder("/tmp/a b")).text.contains("    CA              '/tmp/a b/tls/ca.pem'\n"))
        #expect(!Welcome(file: file, folder: GridFolder("/tmp/g")).text.contains("CA "))
    }

    @Test func `the dashboard's address has the token where no server gets it, and the token's file is named`() {
        let file = GridFile(amqp: "amqp://h", monitor: "http://127.0.0.1:8080", admin: nil, pid: 1, topology: nil)
        let own = Welcome(file: file, folder: GridFolder("/tmp/g"), token: "abc").text
        #expect(own.contains("    dashboard       http://127.0.0.1:8080/#token=abc\n    token           /tmp/g/token\n"))
        let other = Welcome(file: file, folder: GridFolder("/tmp/g")).text
        #expect(other.contains("    dashboard       http://127.0.0.1:8080/\n    token           as configured ("))
    }

    @Test func `each client is told its broker and the file of its password, and no password`() {
        let file = GridFile(amqp: "amqp://taskgrid:secret@h:5672", monitor: nil, admin: nil, pid: 1, topology: nil)
        let text = Welcome(file: file, folder: GridFolder("/tmp/g"), clients: ["alice"]).text
        let line = text.split(separator: "\n").first { $0.contains("client ") }
        #expect(line == "    client          amqp://alice@h:5672, its password in /tmp/g/broker/users/alice" && !text.contains("secret"))
    }

    @Test func `the store is named without its password, with the command that checks it`() {
        func lines(_ store: String) -> String {
            let file = GridFile(amqp: "amqp://h", monitor: nil, admin: nil, pid: 1, topology: nil, store: store)
            return Welcome(file: file, folder: GridFolder("/tmp/g")).text
        }
        let check = "    store check     taskgrid store check --grid /tmp/g\n"
        #expect(lines("postgresql://grid:secret@h:5433/grid").contains("    store           postgresql://grid@h:5433/grid\n\(check)"))
        #expect(lines("/tmp/g/store.sqlite").contains("    store           /tmp/g/store.sqlite\n\(check)"))
    }
}
