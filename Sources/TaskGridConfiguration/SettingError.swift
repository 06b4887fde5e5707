/// Why a setting, or the grid that it means, cannot be used.
package struct SettingError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A setting that cannot be.
        case invalid
        /// A file that cannot be read.
        case unreadable
        /// A file that another user could have written.
        case distrusted
        /// No grid runs in the folder.
        case notRunning
    }

    package let code: Code
    /// What happened, where, and what to do about it, in one line.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
