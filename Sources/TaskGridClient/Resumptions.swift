import TaskGridCore

/// Continuations to resume once the lock is released.
struct Resumptions {
    private var receipts: [(ClientState.ReceiptContinuation, Result<TaskID, ClientError>)] = []
    private var readers: [(ClientState.WatchContinuation, Result<[Ending]?, ClientError>)] = []

    func resume() {
        for (continuation, result) in receipts { continuation.resume(returning: result) }
        for (continuation, result) in readers { continuation.resume(returning: result) }
    }

    mutating func settle(_ id: PendingSubmission.ID, _ result: Result<TaskID, ClientError>, in state: inout ClientState) {
        switch state.receipts[id] {
        case .open(let continuation?):
            state.receipts[id] = nil
            receipts.append((continuation, result))
        case .open(nil):
            state.receipts[id] = .done(result)
        case .done, nil: break
        }
    }

    mutating func wake(_ watches: some Sequence<EndingWatch.ID>, in state: inout ClientState) {
        for id in watches where state.readers[id] != nil {
            guard let event = state.watches.take(id), let reader = state.readers.removeValue(forKey: id) else { continue }
            readers.append((reader, event))
        }
    }
}
