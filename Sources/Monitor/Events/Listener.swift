/// One who listens to the events. Its place is free again when it is released, whichever way its connection ends.
final class Listener: Sendable {
    let mailbox: Mailbox
    private let leave: @Sendable () -> Void

    init(_ mailbox: Mailbox, leave: @escaping @Sendable () -> Void) {
        self.mailbox = mailbox
        self.leave = leave
    }

    deinit { leave() }
}
