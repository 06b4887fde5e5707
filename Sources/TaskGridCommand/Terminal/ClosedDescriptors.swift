import Foundation

/// Standard input, output and error that whoever started the process has closed.
enum ClosedDescriptors {
    /// Opens those that are closed so that reading and writing them fails. Otherwise the next file or connection would take their place,
    /// and would get the output.
    ///
    /// `descriptors`: those that are looked at.
    static func fill(_ descriptors: ClosedRange<Int32> = STDIN_FILENO...STDERR_FILENO) {
        for descriptor in descriptors where fcntl(descriptor, F_GETFD) < 0 {
            // Reading fails where it is open for writing alone, and the other way round.
            let opened = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
            guard opened >= 0, opened != descriptor else { continue }
            dup2(opened, descriptor)
            close(opened)
        }
    }
}
