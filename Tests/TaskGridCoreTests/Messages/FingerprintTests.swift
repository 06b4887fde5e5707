import Foundation
import TaskGridCore
import Testing

@Suite("The fingerprint of a submission, in 16 bytes")
struct FingerprintTests {
    private func fingerprint(_ type: TaskType = TopologyTests.reverse, _ payloads: String..., priority: Int = 0) -> Fingerprint {
        let tasks = payloads.map { Submission.Task(payload: Data($0.utf8), settings: TaskSettings(priority: priority)) }
        return Fingerprint(Submission(form: .batch, type: type, key: "k", tasks: tasks))
    }

    @Test func `is as the specification says`() throws {
        // Python: sha256(b"reverse\0" + pack(">Q", 1) + pack(">Q", 5) + b"hello").digest()[:16].hex()
        #expect(fingerprint(TopologyTests.reverse, "hello").description == "86137a592ce0e5541dfd210f89d23983")
    }

    @Test func `tells types, payloads, their order and their bounds apart, and does not look at settings`() {
        let same = fingerprint(TopologyTests.reverse, "ab", "c")
        #expect(fingerprint(TopologyTests.reverse, "ab", "c", priority: 7) == same)
        let others = [
            fingerprint(TaskType(literal: "reverse2"), "ab", "c"), fingerprint(TopologyTests.reverse, "a", "bc"),
            fingerprint(TopologyTests.reverse, "c", "ab"), fingerprint(TopologyTests.reverse, "abc"), fingerprint(TopologyTests.reverse),
            fingerprint(TopologyTests.reverse, "ab", "c", ""),
        ]
        #expect(Set(others + [same]).count == others.count + 1)
    }

    @Test func `is read back from its text and its bytes, and from nothing else`() {
        let known = fingerprint(TopologyTests.reverse, "x")
        #expect(Fingerprint(known.description) == known)
        #expect(Fingerprint(known.description.uppercased()) == known)
        #expect(Fingerprint(known.bytes) == known)
        let zeros = String(repeating: "0", count: 31)
        for text in ["", "0", zeros, zeros + "00", "+" + zeros, "g" + zeros] {
            #expect(Fingerprint(text) == nil, "\(text)")
        }
        #expect(Fingerprint(Data(count: 15)) == nil && Fingerprint(Data(count: 17)) == nil)
    }
}
