import Foundation
import ServiceSupport
import TaskGridConfiguration

extension GridFile {
    func write(to folder: GridFolder) throws(LocalGridError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try PrivateFile.write(encoder.encode(self), to: folder.gridFile)
        } catch {
            throw LocalGridError(.folder, "cannot write \(folder.gridFile) (\(Errno.reason(of: error)))")
        }
    }

    static func remove(from folder: GridFolder) {
        // A file that is not there, or cannot go, is told by its pid to be stale.
        unlink(folder.gridFile)
    }
}
