import Foundation
import ServiceSupport
import TaskGridConfiguration

extension GridFolder {
    /// The monitor's token, which stays the same over restarts: the one of the last start, or a new one that is kept from now on. A file
    /// that others may read or that is no token is replaced.
    ///
    /// - Parameters:
    ///   - isToken: Whether a text can be a token.
    ///   - make: Makes a new one.
    package func keptToken(isToken: (String) -> Bool, make: () -> String) throws(LocalGridError) -> String {
        try checkLength()
        try Self.make(path)
        try FolderCheck.check(path)
        if let kept = try? PrivateFile.read(tokenFile), isToken(kept) { return kept }
        let new = make()
        do {
            try PrivateFile.write(new, to: tokenFile)
        } catch {
            throw LocalGridError(.folder, "cannot write the token to \(tokenFile) (\(Errno.reason(of: error)))")
        }
        return new
    }

    package var tokenFile: String { "\(path)/token" }
}
