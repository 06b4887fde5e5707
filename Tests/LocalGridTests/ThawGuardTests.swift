import Foundation
import Testing

@testable import LocalGrid

@Suite("The guard of processes that stand still", .timeLimit(.minutes(1)))
struct ThawGuardTests {
    @Test func `they go on when nobody holds the guard's pipe any more, as after a SIGKILL`() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "kill -s STOP $$"]
        shell.terminationHandler = { _ in end.finish() }
        try shell.run()
        let pid = shell.processIdentifier
        defer { kill(pid, SIGKILL) }
        var info = siginfo_t()
        #expect(waitid(P_PID, id_t(pid), &info, WSTOPPED | WNOWAIT) == 0)
        let thawGuard = try #require(ThawGuard([pid]))
        #expect(shell.isRunning)
        thawGuard.release()
        for await _ in ends {}
        #expect(!shell.isRunning && shell.terminationStatus == 0)
    }
}
