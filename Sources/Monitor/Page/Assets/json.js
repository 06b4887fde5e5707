// JSON with a line for each value. Its text is only laid out anew: numbers too large for JavaScript and repeated names stay as they are.

/** The text laid out, or null where it is no JSON object or array. */
export function laidOut(text) {
    if (!/^\s*[[{]/.test(text)) return null;
    try {
        JSON.parse(text);
    } catch {
        return null;
    }
    // Strings, which may have brackets in them; single marks; and what else stands between spaces.
    const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g);
    let depth = 0;
    const line = () => `\n${"  ".repeat(depth)}`;
    return tokens.map((token, index) => {
        const isEmpty = "[{".includes(tokens[index - 1]) && "]}".includes(token);
        if ("[{".includes(token)) {
            depth += 1;
            return "]}".includes(tokens[index + 1]) ? token : token + line();
        }
        if ("]}".includes(token)) {
            depth -= 1;
            return isEmpty ? token : line() + token;
        }
        return token === "," ? token + line() : token === ":" ? ": " : token;
    }).join("");
}
