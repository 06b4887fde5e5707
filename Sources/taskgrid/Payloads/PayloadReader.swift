import Dispatch
import Foundation

/// The lines of a file or of standard input, as payloads, in runs of what is there: a run is given as soon as a line is
/// whole, and the memory held is a block and the longest line.
actor PayloadReader {
    static let blockSize = 256 << 10
    static let maximumRun = 500
    static let maximumLine = 60 << 20

    /// Payloads that follow each other in the file.
    struct Run: Sendable {
        var payloads: [Data] = []
        /// How much of the file has been read with it, from 0 to 1; nil where its length is not known.
        var fraction: Double?
    }

    private let file: FileHandle
    private let name: String
    /// Bytes of the file; nil for what is no regular file.
    private let length: Int?
    private let queue = DispatchQueue(label: "payloads")
    private var lines: ArraySlice<Data> = []
    private var partial = Data()
    private var position = 0
    private var isAtEnd = false

    /// - Parameter path: `-` for standard input.
    init(path: String) throws(Failure) {
        name = path == "-" ? "standard input" : path
        if path == "-" {
            file = .standardInput
        } else {
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw Failure(.failed, "cannot read \(path): \(String(cString: strerror(errno)))")
            }
            self.file = file
        }
        var status = stat()
        let isRegular = fstat(file.fileDescriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        length = isRegular ? Int(status.st_size) : nil
    }

    /// The next payloads, at least one; nil at the end.
    func next() async throws(Failure) -> Run? {
        while lines.isEmpty {
            guard !isAtEnd else { return nil }
            try await read()
        }
        let payloads = Array(lines.prefix(Self.maximumRun))
        lines = lines.dropFirst(Self.maximumRun)
        return Run(payloads: payloads, fraction: length.map { $0 == 0 ? 1 : Double(position) / Double($0) })
    }

    private func read() async throws(Failure) {
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
        position += block.count
        guard !block.isEmpty else {
            isAtEnd = true
            if !partial.isEmpty { lines = [partial] }
            partial = Data()
            return
        }
        var parts = block.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Data($0) }
        parts[0] = partial + parts[0]
        partial = parts.removeLast()
        guard partial.count <= Self.maximumLine else {
            throw Failure(.failed, "\(name) has a line of more than \(Self.maximumLine >> 20) MiB: payloads are one a line")
        }
        lines = parts[...]
    }
}
