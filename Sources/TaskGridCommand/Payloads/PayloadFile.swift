import Dispatch
import Foundation
import TaskGridConfiguration

/// A file that is one payload, byte for byte.
struct PayloadFile {
    /// `-` for standard input.
    let path: String

    private var name: String { path == "-" ? "standard input" : path }

    /// - Parameter maximum: the most bytes that a payload may have; nil where that is not known.
    func read(maximum: Int?) async throws(Failure) -> Data {
        let most = min(maximum ?? PayloadReader.maximumLine, PayloadReader.maximumLine)
        let file: FileHandle
        if path == "-" {
            file = .standardInput
        } else if let opened = FileHandle(forReadingAtPath: path) {
            file = opened
        } else {
            throw Failure(.failed, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        let name = name
        let result: Result<Data, Failure> = await withCheckedContinuation { continuation in
            // A pipe may wait: not on Swift's pool.
            DispatchQueue.global().async {
                do {
                    var bytes = Data()
                    while bytes.count <= most, let block = try file.read(upToCount: PayloadReader.blockSize), !block.isEmpty {
                        bytes.append(block)
                    }
                    continuation.resume(returning: .success(bytes))
                } catch {
                    continuation.resume(returning: .failure(Failure(.failed, "cannot read \(name): \(Errno.reason(of: error))")))
                }
            }
        }
        let bytes = try result.get()
        guard bytes.count <= most else {
            throw Failure(.failed, "\(name) has more than \(most) bytes, which is the most that a payload may have")
        }
        return bytes
    }
}
