/// Rows of text in columns that fit the terminal.
///
/// If there is no room, free texts such as errors are cut first, then the lesser columns are left out, which a last line says, and at last
/// names are wrapped: a name is never cut, because it is needed whole to be used.
struct Table {
    /// The width below which no column of free text is cut while columns can be left out.
    private static let legible = 20

    /// Empty: rows alone.
    let headings: [String]
    /// The columns that are numbers, set to the right.
    var numeric: Set<Int> = []
    /// The columns of free text, which are cut.
    var free: Set<Int> = []
    /// The columns that are left out where there is no room for all, the least wanted first.
    var lesser: [Int] = []
    var rows: [[String]] = []

    private var all: [[String]] { headings.isEmpty ? rows : [headings] + rows }

    /// The lines, at most `width` columns wide where that is given, and which columns were left out for that.
    func lines(width: Int?) -> [String] {
        let lines = blocks(width: width).flatMap(\.self)
        guard let width else { return lines }
        let shown = fitted(to: width).0
        let omitted = headings.indices.filter { !shown.contains($0) }.map { headings[$0] }
        guard !omitted.isEmpty else { return lines }
        let notice = "not shown: \(omitted.joined(separator: ", ")); a wider terminal or --json has them"
        return lines + Line.wrapped(notice, width: width)
    }

    /// The lines of each row, those of the headings first.
    func blocks(width: Int?) -> [[String]] {
        let (columns, widths) = fitted(to: width ?? .max)
        return all.map { row in
            let cells = columns.map { column in
                free.contains(column) ? [Line(row[column]).cut(to: widths[column]).text] : Self.wrapped(row[column], to: widths[column])
            }
            return (0..<(cells.map(\.count).max() ?? 0)).map { index in
                let parts = zip(columns, cells).map { column, lines in
                    let part = index < lines.count ? lines[index] : ""
                    let padding = String(repeating: " ", count: widths[column] - part.count)
                    return numeric.contains(column) ? padding + part : part + padding
                }
                return parts.joined(separator: "  ").trimmingTrailingSpaces
            }
        }
    }

    /// The columns to show, and the width of each.
    private func fitted(to width: Int) -> ([Int], [Int]) {
        let all = all
        var columns = Array((all.first ?? []).indices)
        var widths = columns.map { column in all.map { $0[column].count }.max() ?? 0 }
        let least = columns.map(least)
        /// - Parameter isCut: free texts are cut, and sentences are broken between their words.
        func isTooWide(isCut: Bool = false) -> Bool {
            columns.reduce(2 * (columns.count - 1)) { $0 + (isCut ? min(widths[$1], least[$1]) : widths[$1]) } > width
        }
        for column in lesser where isTooWide(isCut: true) { columns.removeAll { $0 == column } }
        func shrink(to least: Int, _ candidates: [Int]) {
            while isTooWide(), let widest = candidates.max(by: { widths[$0] < widths[$1] }), widths[widest] > least {
                widths[widest] -= 1
            }
        }
        shrink(to: Self.legible, columns.filter(free.contains))
        let sentences = columns.filter { !numeric.contains($0) && !free.contains($0) }
        while isTooWide(), let widest = sentences.filter({ widths[$0] > least[$0] }).max(by: { widths[$0] < widths[$1] }) {
            widths[widest] -= 1
        }
        shrink(to: Self.legible, columns.filter { !numeric.contains($0) })
        shrink(to: 1, columns)
        return (columns, widths)
    }

    /// The width that a column needs while others can be left out: a free text is cut, and of other texts each word and each element of a
    /// list stands whole.
    private func least(of column: Int) -> Int {
        if numeric.contains(column) { return .max }
        if free.contains(column) { return Self.legible }
        return all.flatMap { $0[column].replacing(",", with: ", ").split(separator: " ").map(\.count) }.max() ?? 0
    }

    /// A text in lines of at most `width` columns, broken after a space or a comma; a name after a sign where there is one in the
    /// second half of a line.
    private static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var rest = text[...]
        while rest.count > width {
            let line = rest.prefix(max(1, width))
            let space = rest.prefix(width + 1).dropFirst().lastIndex(of: " ")
            let end = [space, line.lastIndex(of: ",")].compactMap(\.self).max()
            let signs: Set<Character> = ["-", "_", ".", ":", "/"]
            let sign = end ?? line.dropFirst(line.count / 2).lastIndex(where: signs.contains)
            let part = sign.map { rest[...$0] } ?? line
            lines.append(String(part).trimmingTrailingSpaces)
            rest = rest.dropFirst(part.count)
        }
        return lines + [String(rest)]
    }
}

extension String {
    var trimmingTrailingSpaces: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
