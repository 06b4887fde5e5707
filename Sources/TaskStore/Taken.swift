/// The outcome of a ``Take``.
package struct Taken: Hashable, Sendable {
    package var handOuts: [HandOut]
    /// No task of the type is left that could be handed out now.
    package var isExhausted: Bool

    package init(handOuts: [HandOut], isExhausted: Bool) {
        self.handOuts = handOuts
        self.isExhausted = isExhausted
    }
}
