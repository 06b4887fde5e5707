/// A dispatcher that has, or had, the lease of a store.
package struct LeaseHolder: Hashable, Sendable {
    /// The name that it took the lease with.
    package let name: String
    /// How long ago it was last heard: took the lease or renewed it.
    package let silence: Duration

    /// - Parameters:
    ///   - name: the name that it took the lease with.
    ///   - silence: how long ago it was last heard.
    package init(name: String, silence: Duration) {
        self.name = name
        self.silence = silence
    }
}
