/// Rows of text in columns that fit the terminal.
struct Table {
    let headings: [String]
    /// The columns that are numbers, set to the right.
    var numeric: Set<Int> = []
    var rows: [[String]] = []

    /// The lines, at most `width` columns wide where that is given: the widest column gives way first.
    func lines(width: Int?) -> [String] {
        var widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        if let width {
            let gaps = 2 * (headings.count - 1)
            while widths.reduce(gaps, +) > width, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 4 {
                widths[widest] -= 1
            }
        }
        return ([headings] + rows).map { row in
            let cells = row.indices.map { column in
                let cell = Self.cut(row[column], to: widths[column])
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return numeric.contains(column) ? padding + cell : cell + padding
            }
            return cells.joined(separator: "  ").trimmingTrailingSpaces
        }
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(max(0, width - 1)) + "…" : text
    }
}

extension String {
    var trimmingTrailingSpaces: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
