import Chaos
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Tasks with known answers")
struct KnownTaskTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 is that of FIPS 180-4's examples`(text: String, digest: String) {
        #expect(SHA256.hexadecimal(Data(text.utf8)) == digest)
    }

    /// The digest of the digests of the first two hundred, as Python's hashlib has it.
    @Test func `SHA-256 is right at every length about the ends of its blocks`() {
        let digests = (0..<200).map { SHA256.hexadecimal(Data(repeating: UInt8(ascii: "a"), count: $0)) }.joined()
        #expect(SHA256.hexadecimal(Data(digests.utf8)) == "019f2b9f1af27a53a1f046da7e98af2c179f431e4b5bebb000e74040917a4123")
    }

    @Test(arguments: 1...100 as ClosedRange<UInt64>)
    func `the answers are what the task means, worked out another way`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let tasks = KnownTask.each(using: &generator)
        #expect(tasks.map(\.type.name) == ["reverse", "sum", "hash", "upper", "wait"])
        // Bytes, since texts are equal whose characters are composed otherwise.
        func check(_ name: String, _ answer: (String) throws -> String) throws {
            let task = try #require(tasks.first { $0.type.name == name })
            #expect(Data(try answer(task.payload).utf8) == Data(task.answer.utf8), "seed \(seed), \(name) \(task.payload)")
        }
        try check("reverse") { String($0.reversed()) }
        try check("upper") { $0.uppercased() }
        try check("hash") { SHA256.hexadecimal(Data($0.utf8)) }
        try check("sum") { payload in
            let numbers = payload.dropFirst().dropLast().split(separator: ", ")
            return "\(try numbers.map { try #require(Decimal(string: String($0))) }.reduce(0, +))"
        }
        try check("wait") { payload in
            let seconds = try #require(Double(payload))
            #expect((0...2).contains(seconds))
            return payload
        }
    }

    @Test func `a seed repeats its tasks, another makes others`() {
        func payloads(_ seed: UInt64) -> [String] {
            var generator = SplitMix64(seed: seed)
            return (0..<10).flatMap { _ in KnownTask.each(using: &generator).map(\.payload) }
        }
        #expect(payloads(7) == payloads(7))
        #expect(payloads(7) != payloads(8))
    }
}
