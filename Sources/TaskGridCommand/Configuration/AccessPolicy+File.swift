// `stat` is of the one or the other, by which C module the compiler has loaded first.
import Dispatch
import Foundation
import TaskGridConfiguration
import TaskGridCore

extension AccessPolicy {
    /// Reads the file of what each user may do. A user who may write it has every right in the grid. It must belong to this user or to
    /// root, and nobody else may write it. Others may read it, because it holds no secret. Links to it belong to them too.
    ///
    /// - Throws: `Failure` that says what is wrong with it.
    static func read(_ path: String) throws(Failure) -> AccessPolicy {
        do {
            guard let file = FileHandle(forReadingAtPath: path) else { throw CocoaError(.fileNoSuchFile) }
            if let fault = FileTrust.linkFault(of: path) {
                throw Failure(.failed, "the rights in \(path) could be somebody else's: \(fault); name the file itself (dispatcher.rights)")
            }
            var status = stat()
            guard fstat(file.fileDescriptor, &status) == 0 else { throw CocoaError(.fileReadUnknown) }
            try check(status, path)
            return try JSON.decode(AccessPolicy.self, file.readToEnd() ?? Data())
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.failed, "the rights in \(path) cannot be read: \(error); taskgrid users writes the file (dispatcher.rights)")
        }
    }

    private static func check(_ status: stat, _ path: String) throws(Failure) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw Failure(
                .failed,
                "the rights in \(path) belong to another user (\(status.st_uid)), who could take every right in the grid: chown the file, "
                    + "or use one of your own (dispatcher.rights)")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw Failure(
                .failed,
                "other users may write the rights in \(path), and so take every right in the grid: chmod go-w it (dispatcher.rights)")
        }
    }
}
