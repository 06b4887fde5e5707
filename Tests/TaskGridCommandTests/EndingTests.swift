import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import AMQP
@testable import TaskGridCommand

@Suite("How a task ended, as a line")
struct EndingLineTests {
    private let type = TaskType(literal: "sum")

    @Test func `a result is text after tabs, or an object`() {
        let line = EndingLine(
            Ending(id: 7, state: .succeeded, result: Data("olleh".utf8), attempt: 1, worker: "w", runTime: .microseconds(1500)), type: type)
        #expect(line.text == Data("7\tsucceeded\tolleh".utf8))
        #expect(
            String(decoding: line.json, as: UTF8.self)
                == #"{"attempt":1,"error":null,"id":7,"result":{"base64":null,"bytes":5,"cut":false,"text":"olleh"},"run_ms":1.5,"state":"succeeded","type":"sum","worker":"w"}"#
        )
    }

    @Test func `a result that is no text stays bytes, in JSON as base64`() {
        let line = EndingLine(Ending(id: 7, state: .succeeded, result: Data([0xFF, 0]), attempt: 2, worker: "w"), type: type)
        #expect(line.text == Data("7\tsucceeded\t".utf8) + [0xFF, 0])
        #expect(
            String(decoding: line.json, as: UTF8.self)
                == #"{"attempt":2,"error":null,"id":7,"result":{"base64":"/wA=","bytes":2,"cut":false,"text":null},"run_ms":0,"state":"succeeded","type":"sum","worker":"w"}"#
        )
    }

    @Test func `an error stays on its line`() {
        let line = EndingLine(
            Ending(id: 7, state: .failed, error: TaskError(.invalidInput, "not\n\ta number"), attempt: 1, worker: "w"), type: type)
        #expect(line.text == Data("7\tfailed\tinvalid_input: not··a number".utf8))
        #expect(
            String(decoding: line.json, as: UTF8.self)
                == #"{"attempt":1,"error":"invalid_input: not\n\ta number","id":7,"result":null,"run_ms":0,"state":"failed","type":"sum","worker":"w"}"#
        )
    }
}

@Suite("Exit codes")
struct FailureTests {
    @Test(
        arguments: [
            (ClientError.Code.brokerUnavailable, 2), (.brokerBlocked, 2), (.brokerFull, 2), (.serviceUnavailable, 2), (.unknownTask, 3),
            (.timedOut, 1), (.rejected, 1), (.badArgument, 1), (.badAnswer, 1), (.cancelled, 1), (.closed, 1),
        ] as [(ClientError.Code, Int32)])
    func `an error of the client has the code that the help names`(code: ClientError.Code, exit: Int32) {
        let failure = Failure(ClientError(code, "why"))
        #expect(failure.code.rawValue == exit)
        #expect(failure.message == "why")
    }

    @Test func `a right that a user lacks is told with who has it, and a login that is refused is not`() {
        let right = AMQPError(
            brokerCode: 403, text: "ACCESS_REFUSED - read access to queue 't.dead' in vhost '/' refused for user 'u'", "the queue")
        let failure = Failure(right, code: .unreachable, allowed: Failure.everyQueue(of: Topology()))
        let end = ": log in as an administrator of the grid, or as the dispatcher's user ('taskgrid-dispatcher')"
        #expect(failure.code == .failed && failure.message?.hasSuffix(end) == true)
        for (code, text) in [(403, "ACCESS_REFUSED - Login was refused"), (530, "NOT_ALLOWED - access to vhost 'x' refused for user 'u'")] {
            let login = AMQPError(brokerCode: code, text: text, "the login")
            #expect(Failure(login, code: .unreachable, allowed: "x") == Failure(.unreachable, "\(login)"))
        }
    }

    @Test func `a grid that does not run is unreachable, other trouble with it is a failure`() {
        #expect(Failure(SettingError(.notRunning, "why")) == Failure(.unreachable, "why"))
        #expect(Failure(SettingError(.invalid, "why")) == Failure(.failed, "why"))
    }

    @Test func `each end of a task has an exit code of its own`() {
        let codes: [Failure.Code] = [.pending, .taskFailed, .taskCancelled, .taskExpired]
        #expect(codes.map(\.rawValue) == [4, 5, 6, 7])
    }

    @Test func `a command ends with its failure's code; a wrong use stays one`() async {
        let failed = await #expect(throws: ExitCode.self) { try await Failure.reported { throw Failure(.taskExpired, nil) } }
        #expect(failed?.rawValue == 7)
        let other = await #expect(throws: ExitCode.self) { try await Failure.reported { throw ExitCode(42) } }
        #expect(other?.rawValue == 42)
        await #expect(throws: ValidationError.self) { try await Failure.reported { throw ValidationError("no") } }
    }
}
