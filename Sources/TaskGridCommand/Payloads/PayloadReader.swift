import Dispatch
import Foundation
import TaskGridCore

/// The lines of a file or of standard input, as payloads, in runs of what is there: a run is given as soon as a line is
/// whole, and the memory held is a block and the longest line. A line ends with a line feed, or carriage return and line
/// feed; the last one may lack them. Bytes need not be text.
actor PayloadReader {
    static let blockSize = 256 << 10
    static let maximumRun = 500
    static let maximumLine = 60 << 20

    /// Payloads that follow each other in the file.
    struct Run: Sendable {
        /// How many runs came before it.
        var number = 0
        /// The number of its first line, from 1.
        var firstLine = 1
        var payloads: [Data] = []
        /// How much of the file it is, from 0 to 1; nil where its length is not known.
        var share: Double?
    }

    /// Bytes of a pipe that are read and checked before any are given, at most.
    static let readAhead = 64 << 20
    /// And so many lines: short ones take more memory than they have bytes.
    static let linesAhead = 500_000
    /// How long a pipe is read ahead: one that is still open then may go on for ever.
    static let timeAhead = Duration.seconds(2)

    private let file: FileHandle
    private let name: String
    /// Bytes of the file; nil for what is no regular file.
    private let length: Int?
    private let areFull: Bool
    private let queue = DispatchQueue(label: "payloads")
    private var lines: ArraySlice<Data> = []
    private var partial = Data()
    private var given = 0
    private var linesGiven = 0
    private var linesRead = 0
    /// The most bytes of a payload; nil: no limit.
    private var maximumPayload: Int?
    private var isAtEnd = false

    /// - `path`: `-` for standard input.
    /// - `areFull`: waits until a run has all the lines it may have, so that the same lines give the same runs however they
    ///   arrive.
    init(path: String, areFull: Bool = false, standardInput: FileHandle = .standardInput) throws(Failure) {
        self.areFull = areFull
        name = path == "-" ? "standard input" : path
        if path == "-" {
            file = standardInput
        } else {
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw Failure(.failed, "cannot read \(path): \(String(cString: strerror(errno)))")
            }
            self.file = file
        }
        // Only a file has an end to be found; a pipe or a terminal has none.
        let here = lseek(file.fileDescriptor, 0, SEEK_CUR)
        let end = here < 0 ? -1 : lseek(file.fileDescriptor, 0, SEEK_END)
        if here >= 0 { lseek(file.fileDescriptor, here, SEEK_SET) }
        length = end > 0 ? Int(end) : nil
    }

    /// Makes sure that no payload is too large before the first is given: of a file all of them, of a pipe the first ``readAhead``
    /// bytes or ``linesAhead`` lines, as far as they come within `time`. Later lines are checked before they are given. A terminal is not
    /// read ahead.
    ///
    /// - Throws: an error that names the line that is too large.
    func check(maximum: Int, within time: Duration = timeAhead) async throws(Failure) {
        maximumPayload = maximum
        guard !Terminal.isTerminal(file.fileDescriptor) else { return }
        guard length != nil else {
            let end = ContinuousClock.now + time
            var size = 0
            while !isAtEnd, size < Self.readAhead, lines.count < Self.linesAhead {
                let left = end - .now
                guard left > .zero, await isReadable(within: left) else { return }
                size += try await read()
            }
            return
        }
        let start = lseek(file.fileDescriptor, 0, SEEK_CUR)
        while !isAtEnd {
            _ = try await read()
            lines = []
        }
        (isAtEnd, linesRead) = (false, 0)
        lseek(file.fileDescriptor, start, SEEK_SET)
    }

    /// The next payloads, at least one; nil at the end, and after a cancellation.
    func next() async throws(Failure) -> Run? {
        while !isAtEnd, lines.count < (areFull ? Self.maximumRun : 1) {
            while await !isReadable(within: .milliseconds(100)) {
                if Task.isCancelled { return nil }
            }
            _ = try await read()
        }
        guard !lines.isEmpty else { return nil }
        let run = lines.prefix(Self.maximumRun)
        lines = lines.dropFirst(Self.maximumRun)
        defer {
            given += 1
            linesGiven += run.count
        }
        // Each line and its end; the last may have none, hence the minimum.
        let size = run.reduce(0) { $0 + $1.count + 1 }
        return Run(
            number: given, firstLine: linesGiven + 1, payloads: run.map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 },
            share: length.map { min(1, Double(size) / Double(max(1, $0))) }
        )
    }

    /// Whether something can be read, or the end has come.
    private func isReadable(within time: Duration) async -> Bool {
        let descriptor = file.fileDescriptor
        return await withCheckedContinuation { continuation in
            queue.async {
                var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                continuation.resume(returning: Foundation.poll(&poll, 1, Int32(clamping: time.milliseconds)) != 0)
            }
        }
    }

    /// - Returns: How many bytes came.
    private func read() async throws(Failure) -> Int {
        let descriptor = file.fileDescriptor
        let result: Result<Data, Failure> = await withCheckedContinuation { continuation in
            let name = name
            // A read may wait for a person: not on Swift's pool.
            queue.async {
                var block = Data(count: Self.blockSize)
                let count = block.withUnsafeMutableBytes { bytes in
                    var count = Foundation.read(descriptor, bytes.baseAddress, bytes.count)
                    while count < 0, errno == EINTR { count = Foundation.read(descriptor, bytes.baseAddress, bytes.count) }
                    return count
                }
                guard count >= 0 else {
                    continuation.resume(returning: .failure(Failure(.failed, "cannot read \(name): \(String(cString: strerror(errno)))")))
                    return
                }
                continuation.resume(returning: .success(block.prefix(count)))
            }
        }
        let block = try result.get()
        guard !block.isEmpty else {
            isAtEnd = true
            if !partial.isEmpty { try add([partial]) }
            partial = Data()
            return 0
        }
        var parts = block.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Data($0) }
        partial.append(parts[0])
        parts[0] = partial
        partial = parts.removeLast()
        guard partial.count <= Self.maximumLine else {
            throw Failure(.failed, "\(name) has a line of more than \(Self.maximumLine >> 20) MiB: payloads are one a line")
        }
        try add(parts)
        return block.count
    }

    private func add(_ new: [Data]) throws(Failure) {
        if let maximumPayload, let index = new.firstIndex(where: { $0.count > maximumPayload }) {
            let size = new[index].last == UInt8(ascii: "\r") ? new[index].count - 1 : new[index].count
            if size > maximumPayload {
                throw Failure(
                    .failed,
                    "line \(linesRead + index + 1) of \(name) has \(size) bytes; at most \(maximumPayload) are accepted as a payload"
                )
            }
        }
        linesRead += new.count
        lines += new
    }
}
