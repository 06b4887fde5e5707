/// A path as a route writes it, in which `{name}` stands for any one part, such as `/tasks/{id}/cancel`.
struct PathPattern: Hashable {
    let text: String
    private let parts: [Substring]

    init(_ text: String) {
        self.text = text
        parts = text.split(separator: "/")
    }

    func matches(_ path: String) -> Bool {
        let given = path.split(separator: "/")
        return given.count == parts.count && zip(parts, given).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
