import Chaos
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Payloads, one a line", .timeLimit(.minutes(1)))
struct PayloadReaderTests {
    private func runs(_ bytes: Data) async throws -> [PayloadReader.Run] {
        try await withFile(bytes) { path in
            let reader = try PayloadReader(path: path)
            var runs: [PayloadReader.Run] = []
            while let run = try await reader.next() { runs.append(run) }
            return runs
        }
    }

    @Test(arguments: [
        ("", []), ("a\nb\n", ["a", "b"]), ("a\nb", ["a", "b"]), ("\n\na\n\n", ["", "", "a", ""]), ("\n", [""]),
        ("a\r\nb\r\n", ["a", "b"]), ("a\r\n\r\nb\r", ["a", "", "b"]), ("a\rb\r\r\n", ["a\rb\r"]), ("日本\n", ["日本"]),
    ])
    func `each line is a payload`(text: String, payloads: [String]) async throws {
        #expect(try await runs(Data(text.utf8)).flatMap(\.payloads) == payloads.map { Data($0.utf8) })
    }

    @Test func `bytes that are no text stay as they are`() async throws {
        let lines = [Data([0xFF, 0x00, 0xC3]), Data([0x80])]
        #expect(try await runs(lines[0] + [0x0A] + lines[1]).flatMap(\.payloads) == lines)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `lines across blocks come whole and in order, in runs that are numbered and make up the file`(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let longest = [3, 300, 5_000, 700_000][Int(seed % 4)]
        let lines = (0..<(longest > 100_000 ? 6 : 2_000)).map { number in
            Data(repeating: UInt8(ascii: "a") + UInt8(number % 26), count: .random(in: 1...longest, using: &generator))
        }
        let runs = try await runs(Data(lines.joined(separator: Data("\n".utf8))))
        #expect(runs.flatMap(\.payloads) == lines, "seed \(seed)")
        #expect(runs.map(\.number) == Array(runs.indices), "seed \(seed)")
        #expect(runs.allSatisfy { 1...PayloadReader.maximumRun ~= $0.payloads.count }, "seed \(seed)")
        let whole = runs.reduce(0) { $0 + ($1.share ?? .nan) }
        #expect(abs(whole - 1) < 0.001, "seed \(seed)")
    }

    @Test(arguments: [false, true])
    func `a payload that is too large is found before any is given, and its line is named`(isPipe: Bool) async throws {
        let large = Data(repeating: UInt8(ascii: "x"), count: 4_194_305)
        let bytes = Data("1\n2\n3\n".utf8) + large + Data("\n4\n".utf8)
        try await withFile(bytes) { path in
            let error: Failure?
            if isPipe {
                let pipe = Pipe()
                let writing = Task.detached {
                    pipe.fileHandleForWriting.write(bytes)
                    try? pipe.fileHandleForWriting.close()
                }
                let reader = try PayloadReader(path: "-", standardInput: pipe.fileHandleForReading)
                error = await #expect(throws: Failure.self) { try await reader.check(maximum: 4_194_304, within: .seconds(60)) }
                // So that its writer need not wait for ever.
                while let more = try? pipe.fileHandleForReading.read(upToCount: 1 << 20), !more.isEmpty {}
                await writing.value
            } else {
                let reader = try PayloadReader(path: path)
                error = await #expect(throws: Failure.self) { try await reader.check(maximum: 4_194_304) }
            }
            #expect(error?.message?.hasPrefix("line 4 of ") == true)
            #expect(error?.message?.contains("4194305 bytes; at most 4194304") == true)
        }
    }

    @Test(arguments: [false, true]) func `checked payloads are given whole, with the numbers of their lines`(areFull: Bool) async throws {
        let lines = (1...1200).map { Data("\($0)".utf8) }
        try await withFile(Data(lines.joined(separator: Data("\r\n".utf8)))) { path in
            let reader = try PayloadReader(path: path, areFull: areFull)
            try await reader.check(maximum: 4)
            var given: [Data] = []
            while let run = try await reader.next() {
                #expect(run.firstLine == given.count + 1)
                given += run.payloads
            }
            #expect(given == lines)
        }
    }

    @Test func `of standard input, a line is given as soon as it is whole`() async throws {
        let pipe = Pipe()
        let reader = try PayloadReader(path: "-", standardInput: pipe.fileHandleForReading)
        pipe.fileHandleForWriting.write(Data("a\nb".utf8))
        let first = try await reader.next()
        #expect(first?.payloads == [Data("a".utf8)])
        #expect(first?.share == nil)
        pipe.fileHandleForWriting.write(Data("c\nd".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try await reader.next()?.payloads == [Data("bc".utf8)])
        #expect(try await reader.next()?.payloads == [Data("d".utf8)])
        #expect(try await reader.next() == nil)
    }

    @Test func `a pipe that brings a line all the time is not read ahead for ever`() async throws {
        let pipe = Pipe()
        let writing = Task.detached {
            while !Task.isCancelled {
                pipe.fileHandleForWriting.write(Data("a\n".utf8))
                // Slower than the reader, so that the pipe is never full and this never blocks.
                try? await Task.sleep(for: .milliseconds(1))
            }
            try? pipe.fileHandleForWriting.close()
        }
        let reader = try PayloadReader(path: "-", standardInput: pipe.fileHandleForReading)
        try await reader.check(maximum: 1, within: .milliseconds(50))
        #expect(try await reader.next()?.payloads.first == Data("a".utf8))
        writing.cancel()
    }

    @Test func `full runs depend on the lines alone`() async throws {
        let pipe = Pipe()
        let reader = try PayloadReader(path: "-", areFull: true, standardInput: pipe.fileHandleForReading)
        pipe.fileHandleForWriting.write(Data("first\n".utf8))
        async let run = reader.next()
        for number in 1..<PayloadReader.maximumRun { pipe.fileHandleForWriting.write(Data("\(number)\n".utf8)) }
        #expect(try await run?.payloads.count == PayloadReader.maximumRun)
        pipe.fileHandleForWriting.write(Data("last".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try await reader.next()?.payloads == [Data("last".utf8)])
        #expect(try await reader.next() == nil)
    }

    @Test func `a file that cannot be read is named`() async throws {
        let missing = #expect(throws: Failure.self) { try PayloadReader(path: "/nonexistent/words") }
        #expect(missing == Failure(.failed, "cannot read /nonexistent/words: No such file or directory"))
        let folder = await #expect(throws: Failure.self) { try await PayloadReader(path: "/").next() }
        #expect(folder == Failure(.failed, "cannot read /: Is a directory"))
    }
}
