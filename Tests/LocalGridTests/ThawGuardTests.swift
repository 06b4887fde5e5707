import Foundation
import Testing

@testable import LocalGrid

@Suite("The guard of processes that stand still", .timeLimit(.minutes(1)))
struct ThawGuardTests {
    @Test(arguments: [false, true])
    func `they go on when the pipe of the guard closes, as after a SIGKILL, and not by its dismissal`(isDismissed: Bool) async throws {
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
        if isDismissed {
            thawGuard.dismiss()
            // It returns once the guard has ended, also where that was noticed elsewhere.
            _ = waitid(P_PID, id_t(thawGuard.shell), &info, WEXITED | WNOWAIT)
            info = siginfo_t()
            #expect(waitid(P_PID, id_t(pid), &info, WSTOPPED | WNOWAIT | WNOHANG) == 0)
            #expect(info._sifields._sigchld.si_pid == pid, "it stands still")
            kill(pid, SIGKILL)
        } else {
            close(thawGuard.pipe)
        }
        for await _ in ends {}
        #expect(!shell.isRunning && shell.terminationReason == (isDismissed ? .uncaughtSignal : .exit))
    }
}
