import ArgumentParser
@preconcurrency import Dispatch
import Foundation
import Monitor
import TaskGridCore
import UnixSignals

/// `top` on a screen: a new frame each second, and at once when a key is pressed or the screen has another size.
actor TopShow {
    private static let interval = Duration.seconds(1)
    /// The most types and workers through which one can scroll: so a frame costs the same however large the grid is.
    private static let maximumRows = 1000
    /// How long a terminal that takes nothing may hold up the end that a signal asks for.
    private static let patience = DispatchTimeInterval.seconds(2)

    private let watch: GridWatch
    private let screen: Screen
    private var view = TopView()
    private var keys = KeyReader()
    private var state: LiveReport?
    /// Rows of the table in the latest frame.
    private var visible = 0

    init(_ watch: GridWatch, on screen: Screen) {
        self.watch = watch
        self.screen = screen
    }

    /// Shows the grid until a key or a signal ends it; the terminal is then as it was.
    ///
    /// - Throws: `ExitCode` for a signal; `BrokenOutput` where the terminal is gone.
    func run() async throws {
        // From before the screen is taken until after it is given back, no signal ends the process by itself.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigquit, .sigwinch, .sigcont)
        do {
            try await screen.enter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.renew() }
                group.addTask { try await self.followKeys() }
                group.addTask { try await self.heed(signals) }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            await screen.leave()
            throw error
        }
        await screen.leave()
    }

    /// Draws what is so now, each second.
    private func renew() async throws {
        var next = ContinuousClock.now
        while !Task.isCancelled {
            state = watch.report(limits: .rows(Self.maximumRows))
            try await draw()
            // A terminal that was slow misses frames.
            next = max(next + Self.interval, .now)
            guard (try? await Task.sleep(until: next, clock: .continuous)) != nil else { return }
        }
    }

    /// Does what keys ask for, until one asks to quit.
    private func followKeys() async throws {
        for await bytes in screen.typed() {
            for key in keys.read(bytes) {
                switch view.press(key, visible: visible) {
                case .show: continue
                case .quit: return
                case .suspend:
                    await screen.leave()
                    raise(SIGTSTP)
                    // Here it goes on, in the foreground again.
                    try await screen.enter()
                }
            }
            try await draw()
        }
    }

    private func heed(_ signals: UnixSignalsSequence) async throws {
        for await signal in signals {
            switch signal {
            case .sigwinch: try await draw()
            case .sigcont:
                try await screen.enter()
                try await draw()
            default:
                screen.restoreMode()
                let code = 128 + signal.rawValue
                // If nobody reads the output, nothing else would end the command.
                DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { exit(code) }
                throw ExitCode(code)
            }
        }
    }

    private func draw() async throws(BrokenOutput) {
        let size = screen.size
        let frame = TopFrame(state, view, size: TopFrame.Size(columns: size.columns, rows: size.rows))
        view.offset = frame.offset
        visible = frame.visible
        try await screen.draw(frame.lines)
    }
}
