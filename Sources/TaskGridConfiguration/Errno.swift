import Foundation

/// The system's own words for why a call failed.
package enum Errno {
    /// For the call just made.
    package static var current: String { text(errno) }

    package static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// For an error of Foundation's: the system's words under it, where there are some.
    package static func reason(of error: any Error) -> String {
        let error = error as NSError
        if error.domain == NSPOSIXErrorDomain { return text(Int32(error.code)) }
        if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError { return reason(of: underlying) }
        return error.localizedDescription
    }

    /// Why a file cannot be read, as the system's number; 0: it can be.
    package static func ofReading(_ path: String) -> Int32 {
        // Without waiting for the other end of a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        // No bytes are asked for: a folder is refused all the same.
        return read(descriptor, nil, 0) < 0 ? errno : 0
    }
}
