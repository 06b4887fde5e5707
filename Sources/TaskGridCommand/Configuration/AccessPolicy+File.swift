import Foundation
import ServiceSupport
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
            guard let status = FileStatus(file.fileDescriptor) else { throw CocoaError(.fileReadUnknown) }
            if let fault = FileTrust.fault(of: status, path) ?? FileTrust.linkFault(of: path) {
                throw Failure(
                    .failed,
                    "the rights in \(path) could be somebody else's, who could take every right in the grid: \(fault). chown the file, chmod "
                        + "go-w it, or name another one (dispatcher.rights)")
            }
            return try JSON.decode(AccessPolicy.self, file.readToEnd() ?? Data())
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.failed, "the rights in \(path) cannot be read: \(error); taskgrid users writes the file (dispatcher.rights)")
        }
    }
}
