extension Sequence<String> {
    /// The text that was meant by one that is none of these: the likeliest, where one is alike enough.
    package func closest(to text: String) -> String? {
        let close = map { (text: $0, distance: $0.distance(to: text)) }
            .filter { $0.distance <= Swift.max(1, text.utf8.count / 3) || text.utf8.count > 2 && $0.text.hasPrefix(text) }
        return close.min { one, other in
            guard one.distance == other.distance else { return one.distance < other.distance }
            let areBegun = (one.text.hasPrefix(text), other.text.hasPrefix(text))
            return areBegun.0 == areBegun.1 ? one.text < other.text : areBegun.0
        }?.text
    }

    /// A question for the end of an error: `; did you mean 'run'?`, or nothing.
    package func suggestion(for text: String) -> String {
        closest(to: text).map { "; did you mean '\($0)'?" } ?? ""
    }
}

extension String {
    /// How many letters are to be left out, put in, changed or swapped with their neighbour to make the other text of this one.
    func distance(to other: String) -> Int {
        let (one, other) = (Array(utf8), Array(other.utf8))
        var rows = [Array(0...other.count)]
        for i in one.indices {
            var row = [i + 1]
            for j in other.indices {
                var least = Swift.min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (one[i] == other[j] ? 0 : 1))
                if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] { least = Swift.min(least, rows[i - 1][j - 1] + 1) }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[one.count][other.count]
    }
}
