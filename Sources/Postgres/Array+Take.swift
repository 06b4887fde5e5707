extension Array {
    /// The elements, which are no longer in the array.
    @inlinable
    mutating func take() -> [Element] {
        var taken: [Element] = []
        swap(&self, &taken)
        return taken
    }
}
