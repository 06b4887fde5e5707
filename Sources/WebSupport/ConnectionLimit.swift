import NIOCore
import Synchronization

/// The connections that a server has room for: so many in all, and so many of one address.
///
/// Beside them a reserve is kept for those beyond both bounds. If it is full, its oldest connection is closed for the newest: so
/// connections that ask for nothing keep nobody out.
final class ConnectionLimit: Sendable {
    /// Connections of the reserve.
    static let reserve = 32

    /// Why a connection has no place.
    enum Refusal: Hashable {
        case full, addressFull
    }

    private struct State {
        var taken = 0
        var byAddress: [ClientAddress: Int] = [:]
        /// The oldest first.
        var reserved: [any Channel] = []
    }

    let maximum: Int
    let maximumOfAddress: Int
    private let state = Mutex(State())

    init(_ maximum: Int, ofAddress maximumOfAddress: Int) {
        self.maximum = maximum
        self.maximumOfAddress = min(maximum, maximumOfAddress)
    }

    /// Gives the connection a place until it is closed.
    ///
    /// - Returns: why it has none, and then it is in the reserve.
    func take(_ channel: any Channel) -> Refusal? {
        let address = ClientAddress(channel.remoteAddress)
        let (refusal, evicted) = state.withLock { state -> (Refusal?, (any Channel)?) in
            let ofAddress = state.byAddress[address, default: 0]
            guard state.taken < maximum, ofAddress < maximumOfAddress else {
                state.reserved.append(channel)
                let evicted = state.reserved.count > Self.reserve ? state.reserved.removeFirst() : nil
                return (state.taken < maximum ? .addressFull : .full, evicted)
            }
            state.taken += 1
            state.byAddress[address] = ofAddress + 1
            return (nil, nil)
        }
        evicted?.close(promise: nil)
        channel.closeFuture.whenComplete { [self] _ in
            if refusal == nil { giveBack(address) } else { leaveReserve(channel) }
        }
        return refusal
    }

    private func giveBack(_ address: ClientAddress) {
        state.withLock { state in
            state.taken -= 1
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
        }
    }

    private func leaveReserve(_ channel: any Channel) {
        state.withLock { $0.reserved.removeAll { $0 === channel } }
    }
}
