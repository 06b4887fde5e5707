import Foundation

/// The properties of the terminal.
enum Terminal {
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Columns of the terminal behind a descriptor; nil where it is none.
    static func width(_ descriptor: Int32) -> Int? { size(descriptor)?.columns }

    /// Columns and rows of the terminal behind a descriptor, as they are now; nil where it is none, or does not know them.
    static func size(_ descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard isTerminal(descriptor), ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Writes a few lines to standard output at once, for a person.
    static func say(_ text: String) {
        FileHandle.standardOutput.write("\(plainLines(text))\n")
    }

    /// Writes to standard error. If that fails, there is no other place to write to.
    static func tell(_ text: String) {
        FileHandle.standardError.write(plainLines(text))
    }

    /// Writes to standard error as it is, with control sequences.
    static func draw(_ text: String) {
        FileHandle.standardError.write(text)
    }

    /// A number with thousands set apart.
    static func grouped(_ number: Int) -> String {
        let digits = String(abs(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-\(text)" : text
    }
}

extension FileHandle {
    fileprivate func write(_ text: String) {
        // An error here means that nobody reads.
        try? write(contentsOf: Data(text.utf8))
    }
}
