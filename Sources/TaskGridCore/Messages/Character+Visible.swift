extension Unicode.Scalar {
    /// Whether it can be seen: it does not move the cursor, end the line or change the direction of writing.
    package var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format: false
        default: true
        }
    }
}

extension Character {
    /// Whether each of its scalars can be seen. Within a character, a joiner is part of how it is written.
    package var isVisible: Bool {
        let isJoined = unicodeScalars.count > 1
        return unicodeScalars.allSatisfy { $0.isVisible || isJoined && ($0 == "\u{200C}" || $0 == "\u{200D}") }
    }
}
