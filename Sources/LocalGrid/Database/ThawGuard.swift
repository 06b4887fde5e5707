import Foundation

/// Has processes that stand still go on if this process dies, by SIGKILL too: a small shell that waits for the end of a pipe, whose other
/// end is here alone.
struct ThawGuard: Sendable {
    /// The end here.
    let pipe: Int32
    let shell: pid_t

    /// - Parameter pids: the processes that stand still.
    /// - Returns: nil where no shell can be started; then only a process that exits has them go on.
    init?(_ pids: [pid_t]) {
        var ends: [Int32] = [-1, -1]
        guard Foundation.pipe(&ends) == 0 else { return nil }
        // No other child may hold the pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        // Ctrl-C reaches it as well.
        shell.arguments = ["-c", "trap '' INT HUP TERM; read -r _; kill -s CONT \"$@\"", "sh"] + pids.map(String.init)
        shell.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        pipe = ends[1]
        do {
            try shell.run()
            self.shell = shell.processIdentifier
        } catch {
            close(pipe)
            return nil
        }
    }

    /// Ends the guard. It does nothing any more: a late SIGCONT would have processes go on that were stopped again. To be called once.
    func dismiss() {
        kill(shell, SIGKILL)
        close(pipe)
    }
}
