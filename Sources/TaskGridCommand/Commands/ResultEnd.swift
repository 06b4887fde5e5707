import ArgumentParser

/// The end of a result that is printed.
struct ResultEnd: ParsableArguments {
    @Flag(name: .customLong("print0"), help: "End each result with a zero byte, as 'find -print0' does: results may have line breaks.")
    var print0 = false

    var byte: UInt8 { print0 ? 0 : UInt8(ascii: "\n") }
}
