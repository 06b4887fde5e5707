import AMQP
import Foundation
import TaskGridCore
import Testing

extension Proof {
    static let sample = ProofKey(secret: Data("secret".utf8), store: "s", epoch: 0).proof(of: 1, attempt: 1, type: ReadingTests.type)
}

@Suite("The key that makes proofs")
struct ProofKeyTests {
    private static let secret = Data(0..<32)
    private let key = ProofKey(secret: secret, store: "5f0c9b", epoch: 3)

    @Test func `makes the HMAC that it says`() {
        // Python: key = hmac.digest(bytes(range(32)), pack(">q", 3) + b"5f0c9b", "sha256")
        // hmac.digest(key, pack(">qI", 7, 2) + b"reverse", "sha256")[:16].hex()
        #expect(key.proof(of: 7, attempt: 2, type: ReadingTests.type).digest.description == "2836267cbf47d2fbaa6bcac54543afaf")
        let longest = TaskType(literal: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
        #expect(longest.name.utf8.count == 64)
        let proof = key.proof(of: TaskID(1 << 40), attempt: 1 << 30, type: longest)
        #expect(proof.digest.description == "f5d8844e3b3f321ca86dd10fbbe55b96")
    }

    @Test func `makes another proof for another secret, store, epoch, task, attempt or type`() {
        let type = ReadingTests.type
        let proofs = [
            key.proof(of: 7, attempt: 2, type: type), key.proof(of: 8, attempt: 2, type: type), key.proof(of: 7, attempt: 3, type: type),
            key.proof(of: 7, attempt: 2, type: TaskType(literal: "reverse2")),
            ProofKey(secret: Data(count: 32), store: "5f0c9b", epoch: 3).proof(of: 7, attempt: 2, type: type),
            ProofKey(secret: Self.secret, store: "5f0c9c", epoch: 3).proof(of: 7, attempt: 2, type: type),
            ProofKey(secret: Self.secret, store: "5f0c9b", epoch: 4).proof(of: 7, attempt: 2, type: type),
        ]
        #expect(Set(proofs).count == proofs.count)
        #expect(ProofKey.randomSecret() != ProofKey.randomSecret() && ProofKey.randomSecret().count == ProofKey.secretSize)
    }

    @Test(arguments: ["", "0", String(repeating: "0", count: 31), String(repeating: "g", count: 32)])
    func `work without a whole proof is refused, and a result with none has none`(text: String) throws {
        let (work, results) = (ReadingTests.work.single, ReadingTests.results.single)
        #expect(refusal { _ = try Work(work.with(WireFormat.Header.proof, .string(text))) } == .invalidProof)
        #expect(try Results(results.with(WireFormat.Header.proof, .string(text))).items[0].proof == nil)
        #expect(refusal { _ = try Work(work.with(WireFormat.Header.proof, nil)) } == .invalidProof)
        #expect(try Results(results.with(WireFormat.Header.proof, 7)).items[0].proof == nil)
    }

    @Test func `finds the results that have not its proof`() {
        let type = ReadingTests.type
        func item(_ id: TaskID, _ proof: Proof?) -> Results.Item { Results.Item(id: id, attempt: 1, proof: proof, outcome: .returned) }
        func right(_ id: TaskID) -> Results.Item { item(id, key.proof(of: id, attempt: 1, type: type)) }
        var results = Results(
            form: .batch, type: type, store: "5f0c9b", worker: "w",
            items: [right(1), item(2, nil), right(3), item(4, .sample), item(5, right(6).proof)]
        )
        #expect(results.removeUnproven(by: key).map(\.id) == [2, 4, 5])
        #expect(results.items.map(\.id) == [1, 3])
        #expect(results.removeUnproven(by: key).isEmpty)
    }

    @Test func `a heartbeat carries proofs to the registry, and to nobody else`() throws {
        var beat = RegistryMessage(
            worker: "w", host: "", pid: 0, version: "", types: [ReadingTests.type], concurrency: 1, prefetch: 1, batch: false,
            started: .now(), running: [.init(task: 1, attempt: 1)], waiting: [.init(task: 2, attempt: 1)]
        )
        beat.proofs = Proof.sample.digest.bytes + key.proof(of: 2, attempt: 1, type: ReadingTests.type).digest.bytes
        let read = try RegistryMessage.decode(beat.message(.heartbeat)).1
        #expect(read == beat)
        #expect(read.held.map(\.proof) == [.sample, key.proof(of: 2, attempt: 1, type: ReadingTests.type)])
        #expect(read.held.map(\.runs) == [true, false])
        #expect(!String(decoding: JSON.encode(beat), as: UTF8.self).contains("proofs"))
        beat.proofs.removeLast()
        #expect(beat.held.allSatisfy { $0.proof == nil })
    }
}
