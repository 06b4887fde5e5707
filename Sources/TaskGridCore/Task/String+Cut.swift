extension String {
    /// The longest prefix of whole characters that fits `length` bytes of UTF-8. A character of more than 64 code points is
    /// cut within: nobody wrote it as text, and looking for its ends could take as long as it is.
    func cut(toUTF8 length: Int) -> String {
        guard utf8.count > length else { return self }
        // One code point beyond the cut decides whether a character ends there.
        let head = String(self[..<codePoint(before: length + 8)])
        let end = head.codePoint(before: length)
        var boundary = end
        for _ in 0..<64 {
            if Index(boundary, within: head) != nil { return String(head[..<boundary]) }
            boundary = head.unicodeScalars.index(before: boundary)
        }
        return String(head[..<end])
    }

    /// The end of the last code point that lies within the first `length` bytes of UTF-8.
    private func codePoint(before length: Int) -> Index {
        guard var index = utf8.index(startIndex, offsetBy: length, limitedBy: endIndex) else { return endIndex }
        while index < endIndex, utf8[index] & 0xC0 == 0x80 { index = utf8.index(before: index) }
        return index
    }

    /// The texts before and after the first colon, less one space: how codes and their messages travel. By code
    /// points, so that a message that starts with a combining mark stays whole.
    var splitAtColon: (name: String, message: String)? {
        guard let colon = unicodeScalars.firstIndex(of: ":") else { return nil }
        var message = unicodeScalars[unicodeScalars.index(after: colon)...]
        if message.first == " " { message.removeFirst() }
        return (String(unicodeScalars[..<colon]), String(message))
    }
}
