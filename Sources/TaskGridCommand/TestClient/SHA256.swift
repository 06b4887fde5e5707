import Foundation

/// SHA-256 (FIPS 180-4), written from the standard, so that the answers of the `hash` workers are checked against code that
/// is not theirs.
enum SHA256 {
    /// The digest in lower-case hexadecimal.
    static func hexadecimal(_ message: Data) -> String {
        // Section 5.1.1: a one bit, zeros, and the length in bits as 64 bits, up to a multiple of 512 bits.
        var bytes = [UInt8](message)
        bytes.append(0x80)
        while bytes.count % 64 != 56 { bytes.append(0) }
        let length = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(shift))) }

        var hash = roots(of: primes.prefix(8)) { $0.squareRoot() }
        let constants = roots(of: primes[...]) { cbrt($0) }
        for block in stride(from: 0, to: bytes.count, by: 64) { compress(bytes[block..<block + 64], into: &hash, constants) }
        return hash.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined()
    }

    /// The first 64 primes.
    private static let primes = (2...311).filter { number in !(2..<number).contains { number.isMultiple(of: $0) } }

    /// Sections 4.2.2 and 5.3.3: the first 32 bits of the fractions of roots of primes. A double's 53 bits hold them, the whole
    /// part taking at most five.
    private static func roots(of primes: ArraySlice<Int>, _ root: (Double) -> Double) -> [UInt32] {
        primes.map { prime in
            let value = root(Double(prime))
            return UInt32((value - value.rounded(.down)) * 4_294_967_296)
        }
    }

    /// Section 6.2.2.
    private static func compress(_ block: ArraySlice<UInt8>, into hash: inout [UInt32], _ constants: [UInt32]) {
        func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
        let block = Array(block)
        var schedule = (0..<16).map { index in
            block[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (early, late) = (schedule[index - 15], schedule[index - 2])
            let small0 = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3
            let small1 = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10
            schedule.append(schedule[index - 16] &+ small0 &+ schedule[index - 7] &+ small1)
        }
        var state = hash
        for index in 0..<64 {
            let (a, e) = (state[0], state[4])
            let choice = e & state[5] ^ ~e & state[6]
            let majority = a & state[1] ^ a & state[2] ^ state[1] & state[2]
            let large1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let large0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let first = state[7] &+ large1 &+ choice &+ constants[index] &+ schedule[index]
            state = [first &+ large0 &+ majority, a, state[1], state[2], state[3] &+ first, e, state[5], state[6]]
        }
        for index in 0..<8 { hash[index] &+= state[index] }
    }
}
