/// One who listens to the events. Its place is free again when it is released, whichever way its connection ends.
final class Listener: Sendable {
    let buffer: ListenerBuffer
    private let leave: @Sendable () -> Void

    init(_ buffer: ListenerBuffer, leave: @escaping @Sendable () -> Void) {
        self.buffer = buffer
        self.leave = leave
    }

    deinit { leave() }
}
