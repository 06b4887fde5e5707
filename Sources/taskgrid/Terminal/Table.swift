/// Rows of text in columns that fit the terminal.
struct Table {
    /// The width below which no column of text is cut while columns can be left out.
    private static let legible = 20

    let headings: [String]
    /// The columns that are numbers, set to the right.
    var numeric: Set<Int> = []
    /// The columns that are left out where there is no room for all, the least wanted first.
    var lesser: [Int] = []
    var rows: [[String]] = []

    /// The lines, at most `width` columns wide where that is given: long texts give way first, then the lesser columns, and
    /// at last whatever is widest.
    func lines(width: Int?) -> [String] {
        let (columns, widths) = fitted(to: width ?? .max)
        return ([headings] + rows).map { row in
            let cells = columns.map { column in
                let cell = Self.cut(row[column], to: widths[column])
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return numeric.contains(column) ? padding + cell : cell + padding
            }
            return cells.joined(separator: "  ").trimmingTrailingSpaces
        }
    }

    /// The columns to show, and the width of each.
    private func fitted(to width: Int) -> ([Int], [Int]) {
        var columns = Array(headings.indices)
        var widths = columns.map { column in ([headings] + rows).map { $0[column].count }.max() ?? 0 }
        func isTooWide(_ least: Int) -> Bool {
            columns.reduce(2 * (columns.count - 1)) { $0 + (numeric.contains($1) ? widths[$1] : min(widths[$1], least)) } > width
        }
        for column in lesser where isTooWide(Self.legible) { columns.removeAll { $0 == column } }
        func shrink(to least: Int, _ candidates: [Int]) {
            while isTooWide(.max), let widest = candidates.max(by: { widths[$0] < widths[$1] }), widths[widest] > least {
                widths[widest] -= 1
            }
        }
        shrink(to: Self.legible, columns.filter { !numeric.contains($0) })
        shrink(to: 1, columns)
        return (columns, widths)
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
