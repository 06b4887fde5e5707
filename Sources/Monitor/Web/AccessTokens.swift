import Dispatch
import Logging
import ServiceSupport
import Synchronization
import WebSupport

/// The tokens that the monitor takes: one of its configuration, one of a file, and those of a file of tokens. The files are read again
/// every few seconds, so that tokens are changed without a restart. As long as a file cannot be used, its last tokens stay valid.
final class AccessTokens: Sendable {
    static let interval = Duration.seconds(2)

    private struct Source {
        let path: String
        let read: @Sendable (String) throws(MonitorError) -> [AccessToken]
        /// As they were read last.
        var text: String
        var tokens: [AccessToken]
        /// Why the file cannot be used now.
        var problem: String?
    }

    private let fixed: [AccessToken]
    private let sources: Mutex<[Source]>
    private let logger: Logger

    /// - Parameters:
    ///   - token: one that may have everything done.
    ///   - tokenFile: a file with such a one.
    ///   - tokensFile: a file as ``TokensFile`` reads it.
    ///   - logger: told of changes.
    /// - Throws: `MonitorError` where a file cannot be used.
    init(token: String? = nil, tokenFile: String? = nil, tokensFile: String? = nil, logger: Logger) throws(MonitorError) {
        fixed = token.map { [AccessToken(named: "monitor.token", secret: $0)] } ?? []
        self.logger = logger
        var sources: [Source] = []
        if let tokenFile { sources.append(try Self.source(tokenFile, Self.one)) }
        if let tokensFile {
            sources.append(
                try Self.source(tokensFile) { text throws(MonitorError) in
                    do throws(TokensFile.Failure) {
                        return try TokensFile.read(text)
                    } catch {
                        throw MonitorError(.tokens, "\(tokensFile), line \(error.line): \(error.reason)")
                    }
                })
        }
        self.sources = Mutex(sources)
    }

    var isEmpty: Bool { fixed.isEmpty && sources.withLock { $0.allSatisfy(\.tokens.isEmpty) } }

    /// The token of a digest. All are compared, so that the time does not tell which.
    func token(of digest: AccessToken.Digest) -> AccessToken? {
        let all = fixed + sources.withLock { $0.flatMap(\.tokens) }
        return all.reduce(nil) { found, token in token.matches(digest) ? token : found }
    }

    /// Reads the files again and again, until the task is cancelled.
    func run() async {
        guard sources.withLock({ !$0.isEmpty }) else { return }
        while (try? await Task.sleep(for: Self.interval)) != nil {
            await withCheckedContinuation { continuation in
                // Dispatch's threads may block; those of Swift's pool may not.
                DispatchQueue.global().async {
                    self.refresh()
                    continuation.resume()
                }
            }
        }
    }

    /// Reads the files again.
    func refresh() {
        for index in sources.withLock({ Array($0.indices) }) {
            let before = sources.withLock { $0[index] }
            do throws(MonitorError) {
                let text = try Self.text(before.path)
                if text == before.text {
                    sources.withLock { $0[index].problem = nil }
                    if before.problem != nil {
                        logger.notice(
                            "tokens can be read again, they are the last ones",
                            metadata: [LogKey.accessTokens: "\(Self.names(before.tokens))"])
                    }
                    continue
                }
                let tokens = try before.read(text)
                sources.withLock { sources in
                    sources[index].text = text
                    sources[index].tokens = tokens
                    sources[index].problem = nil
                }
                logger.notice("tokens were read again", metadata: [LogKey.accessTokens: "\(Self.names(tokens))"])
            } catch {
                sources.withLock { $0[index].problem = error.message }
                guard error.message != before.problem else { continue }
                logger.error("tokens cannot be read, the last ones stay valid", metadata: [LogKey.error: "\(error.message)"])
            }
        }
    }

    private static func names(_ tokens: [AccessToken]) -> String { tokens.map(\.caller.name).joined(separator: ",") }

    private static func source(
        _ path: String, _ read: @escaping @Sendable (String) throws(MonitorError) -> [AccessToken]
    ) throws(MonitorError) -> Source {
        let text = try text(path)
        return Source(path: path, read: read, text: text, tokens: try read(text), problem: nil)
    }

    /// The file's one token; the line's end behind it does not matter.
    private static func one(_ text: String) throws(MonitorError) -> [AccessToken] {
        let words = text.split(whereSeparator: \.isNewline)
        guard let secret = words.first.map(String.init), words.count == 1, MonitorToken.isToken(secret) else {
            throw MonitorError(.tokens, "monitor.token-file has one line, the token; \(MonitorToken.what)")
        }
        return [AccessToken(named: "monitor.token-file", secret: secret)]
    }

    private static func text(_ path: String) throws(MonitorError) -> String {
        do throws(PrivateFile.Failure) {
            // Mounted secrets are links. The file that a link leads to is checked.
            return try PrivateFile.read(path, followsLinks: true)
        } catch {
            throw MonitorError(.tokens, "the monitor's tokens: \(error.description)")
        }
    }
}
