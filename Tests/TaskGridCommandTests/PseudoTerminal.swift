import Foundation
import LocalGrid
import Synchronization
import TestSupport

/// A terminal with the command in it, as `sshd` or a terminal's window would make it: it has the session to itself, its size
/// can change, and what is drawn on it is kept.
final class PseudoTerminal: Sendable {
    struct Failed: Error {
        let what: String
        let code: Int32
    }

    /// All that was written to it, in the pieces in which it came.
    private let written = Journal<String>()
    private let master: Int32
    private let pid: pid_t
    /// Whether it was so before the command began.
    let wasAsAShellHasIt: Bool
    private let hasEnded = Mutex(false)

    /// `POSIX_SPAWN_SETSID`, which Swift's Glibc does not have.
    private static let newSession: Int16 = 0x80

    /// Starts the command, whose file stands beside that of the tests.
    init(_ arguments: [String], columns: Int, rows: Int) throws {
        var (master, line): (Int32, Int32) = (-1, -1)
        var path = [CChar](repeating: 0, count: 128)
        var size = Self.size(columns, rows)
        guard openpty(&master, &line, &path, nil, &size) == 0 else { throw Failed(what: "openpty", code: errno) }
        // The command has it open by itself.
        defer { close(line) }
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        self.master = master
        wasAsAShellHasIt = Self.isAsAShellHasIt(master)
        let executable = URL(filePath: GridConfiguration.Services.thisExecutable).deletingLastPathComponent().appending(path: "taskgrid")
            .path
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that the leader of a new session opens is the session's.
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TASKGRID") && $0.key != "NO_COLOR" }
        environment["TERM"] = "xterm-256color"
        let arguments: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, executable, &actions, &attributes, arguments, variables)
        guard code == 0 else {
            close(master)
            throw Failed(what: "posix_spawn \(executable)", code: code)
        }
        self.pid = pid
        Thread.detachNewThread { [master, written] in
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            // It fails once nobody has the terminal open any more.
            while case let count = read(master, &bytes, bytes.count), count > 0 {
                written.add(String(decoding: bytes[..<count], as: UTF8.self))
            }
        }
    }

    deinit {
        if !hasEnded.withLock({ $0 }) { kill(pid, SIGKILL) }
        close(master)
    }

    // MARK: Actions of a person

    func type(_ keys: String) { _ = write(master, keys, keys.utf8.count) }

    /// The system tells the command, as it does when a window changes its size.
    func resize(columns: Int, rows: Int) {
        var size = Self.size(columns, rows)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    private static func size(_ columns: Int, _ rows: Int) -> winsize {
        winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    }

    func signal(_ number: Int32) { kill(pid, number) }

    // MARK: The screen of a person

    /// All that was written so far.
    var text: String { written.entries.joined() }

    /// Waits until what was written ends so.
    func ends(with end: String) async throws {
        try await written.first { _ in text.hasSuffix(end) ? () : nil }
    }

    /// The lines of the first frame that is as wanted.
    func frame(where isWanted: ([String]) -> Bool) async throws -> [String] {
        try await written.first { _ in
            guard let frame = self.text.components(separatedBy: "\u{1B}[?2026h\u{1B}[H").last, frame.contains("\u{1B}[?2026l") else {
                return nil
            }
            let plain = frame.replacing(#/\u{1B}\[[0-9;?]*[A-Za-z]/#, with: "")
            let lines = plain.components(separatedBy: "\r\n")
            return isWanted(lines) ? lines : nil
        }
    }

    /// Whether what is typed is shown, and comes line by line; as a shell has it.
    var isAsAShellHasIt: Bool { Self.isAsAShellHasIt(master) }

    private static func isAsAShellHasIt(_ master: Int32) -> Bool {
        var mode = termios()
        tcgetattr(master, &mode)
        let wanted = tcflag_t(ECHO | ICANON | ISIG)
        return mode.c_lflag & wanted == wanted && mode.c_oflag & tcflag_t(OPOST) != 0
    }

    /// The exit code, once it has ended; nil where a signal ended it.
    func exitCode() async -> Int32? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                hasEnded.withLock { $0 = true }
                continuation.resume(returning: status & 0x7F == 0 ? (status >> 8) & 0xFF : nil)
            }
        }
    }
}
