import AMQP
import ArgumentParser
import Foundation
import LocalGrid
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore

/// The end of a failed command: a line for people and a code for scripts.
struct Failure: Error, Hashable {
    /// The exit codes of the `taskgrid` command, besides 0 for success and 64 for a wrong use.
    enum Code: Int32 {
        /// Anything else.
        case failed = 1
        /// The grid, or the service asked, cannot be reached.
        case unreachable = 2
        /// The grid does not know the task or the type.
        case unknown = 3
        /// The task has not ended.
        case pending = 4
        case taskFailed = 5
        case taskCancelled = 6
        case taskExpired = 7
        /// By Ctrl-C, and by SIGTERM.
        case interrupted = 130
        case terminated = 143
    }

    let code: Code
    /// A message: what happened and what to do; nil if everything has been said.
    let message: String?
    /// The end of a log, in lines, where there is one to show.
    var excerpt: String?

    init(_ code: Code, _ message: String?) {
        self.code = code
        self.message = message
    }

    /// A signal asked for the end; its exit code is as of a program that the signal ends.
    init(interruptedBy signal: Int32) {
        self.init(signal == SIGINT ? .interrupted : .terminated, "interrupted: nothing more was sent")
    }

    /// Translates any error of the parts below for a command.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ClientError:
            let code: Code =
                switch error.code {
                case .brokerUnavailable, .brokerBlocked, .brokerFull, .serviceUnavailable: .unreachable
                case .unknownTask: .unknown
                case .rejected where error.rejection?.code == .unknownType: .unknown
                case .taskFailed: .taskFailed
                case .badResult, .timedOut, .rejected, .tooLarge, .accessRefused, .badArgument, .badAnswer, .cancelled, .closed: .failed
                }
            self.init(code, error.message)
        case let error as SettingError: self.init(error.code == .notRunning ? .unreachable : .failed, error.message)
        case let error as LocalGridError:
            let lines = error.message.split(separator: "\n", maxSplits: 1)
            self.init(.failed, lines.first.map(String.init))
            excerpt = lines.dropFirst().first.map(String.init)
        default: self.init(.failed, "\(error)")
        }
    }

    /// An error of a command that reads queues by itself.
    ///
    /// - Parameters:
    ///   - error: what the broker says.
    ///   - code: the exit code, unless the user lacks a right.
    ///   - allowed: who has the rights that the command needs.
    init(_ error: AMQPError, code: Code, allowed: String) {
        // A login that is refused has the same code, and names no virtual host.
        guard error.code == .accessRefused, error.brokerCode == 403, error.message.contains(" in vhost '") else {
            self.init(code, "\(error)")
            return
        }
        self.init(.failed, "\(error): log in as \(allowed)")
    }

    /// Who has the rights to every queue of a grid.
    static func everyQueue(of topology: Topology) -> String {
        "an administrator of the grid, or as the dispatcher's user ('\(topology.users.dispatcher)')"
    }

    /// Runs a command's body; its errors become a line on standard error and an exit code.
    static func reported(_ body: () async throws -> Void) async throws {
        do {
            try await body()
            try await Output.standard.flush()
        } catch let error as BrokenOutput {
            // As a program ends that SIGPIPE kills: the reader has read enough.
            if error.isClosedPipe { throw ExitCode(128 + SIGPIPE) }
            Terminal.tell("error: standard output cannot be written to: \(String(cString: strerror(error.code)))\n")
            throw ExitCode(Code.failed.rawValue)
        } catch let error where error is ExitCode || error is ValidationError || error is CleanExit {
            throw error
        } catch {
            // Output from before the failure is still wanted; if that fails too, the failure itself says more.
            try? await Output.standard.flush()
            let failure = Failure(error)
            if let message = failure.message { Terminal.tell("error: \(Terminal.plain(message))\n") }
            if let excerpt = failure.excerpt { Terminal.tell("\(excerpt)\n") }
            throw ExitCode(failure.code.rawValue)
        }
    }
}
