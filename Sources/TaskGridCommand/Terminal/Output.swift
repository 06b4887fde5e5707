import Dispatch
import Foundation
import TaskGridCore

/// Standard output, for what a program or a person asked for; nothing else goes there.
///
/// Writes that may wait (a full pipe) are made on a thread of their own, never on Swift's pool.
actor Output {
    static let standard = Output(STDOUT_FILENO)
    /// Bytes held back before they are written; a terminal gets each line at once.
    static let bufferSize = 64 << 10

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "output")
    private var buffer = Data()

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes a line for people: the text, as ``Terminal/plain(_:)`` has it, and a newline.
    func line(_ text: String) async throws(BrokenOutput) { try await write(Data(Terminal.plain(text).utf8), end: UInt8(ascii: "\n")) }

    /// Writes a line of JSON, as `JSON.visible` has it.
    func line(_ json: Data) async throws(BrokenOutput) { try await write(JSON.visible(json), end: UInt8(ascii: "\n")) }

    /// Writes a result and its end: to a file or pipe as the worker gave it, to a terminal without what would move its cursor.
    func result(_ bytes: Data, end: UInt8 = UInt8(ascii: "\n")) async throws(BrokenOutput) {
        let shown = Terminal.isTerminal(descriptor) ? Data(Terminal.plainLines(String(decoding: bytes, as: UTF8.self)).utf8) : bytes
        try await write(shown, end: end)
    }

    private func write(_ bytes: Data, end: UInt8) async throws(BrokenOutput) {
        buffer.append(bytes)
        buffer.append(end)
        if buffer.count >= Self.bufferSize || Terminal.isTerminal(descriptor) { try await flush() }
    }

    /// Writes a text as it is, at once, after what is held back; in one piece, where the other end takes it.
    func write(_ text: String) async throws(BrokenOutput) {
        buffer.append(Data(text.utf8))
        try await flush()
    }

    /// Writes what is held back.
    func flush() async throws(BrokenOutput) {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer = Data()
        let descriptor = descriptor
        let code = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.write(bytes, to: descriptor)) }
        }
        guard code == 0 else { throw BrokenOutput(code: code) }
    }

    /// Writes all bytes; gives the system's error number, 0 for none.
    private static func write(_ bytes: Data, to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let written = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if written < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                done += written
            }
            return 0
        }
    }
}

/// Standard output cannot be written to.
struct BrokenOutput: Error {
    /// The system's error number.
    let code: Int32

    /// Whether the reader, such as `head`, has read enough.
    var isClosedPipe: Bool { code == EPIPE }
}
