import BigInt

/// A decimal number, exactly: `significand · 10^exponent`.
struct Decimal: Sendable {
    var significand: BigInt
    var exponent: Int

    init(_ significand: BigInt, exponent: Int = 0) {
        self.significand = significand
        self.exponent = exponent
    }
}

extension Decimal: CustomStringConvertible {
    /// Plain notation in its shortest form: no exponent, no trailing zeros after the point, no negative zero.
    var description: String {
        guard !significand.isZero else { return "0" }
        let sign = significand.sign == .minus ? "-" : ""
        let digits = significand.magnitude.description
        guard exponent < 0 else { return sign + digits + String(repeating: "0", count: exponent) }
        let places = -exponent
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.utf8.count)) + digits
        let whole = padded.dropLast(places)
        let fraction = String(padded.suffix(places).reversed().drop { $0 == "0" }.reversed())
        return fraction.isEmpty ? sign + whole : sign + whole + "." + fraction
    }
}
