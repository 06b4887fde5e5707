import Foundation
import Logging
import NIOCore
import NIOSSL
import ServiceSupport
import Synchronization

/// The certificate that a web server shows. Its files are looked at with each connection, and read again once they have changed: a renewed
/// certificate needs no restart. Files that cannot be used leave the last certificate in use.
final class ServerCertificate: Sendable {
    private struct State {
        var context: NIOSSLContext
        /// Those of the files that were read last, usable or not.
        var versions: [FileVersion?]
    }

    private let files: CertificateFiles
    private let server: String
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - files: the files of the certificate and its key.
    ///   - server: what errors call the server, such as `the monitor`.
    ///   - logger: told when the certificate changes.
    /// - Throws: `WebServerError` where the files cannot be used.
    init(_ files: CertificateFiles, of server: String, logger: Logger) throws(WebServerError) {
        self.files = files
        self.server = server
        self.logger = logger
        // Before the reading: what changes meanwhile is read again.
        let versions = Self.versions(of: files)
        do throws(Unusable) {
            state = Mutex(State(context: try Self.read(files), versions: versions))
        } catch {
            throw WebServerError(.certificate, "\(server) cannot speak HTTPS: \(error.reason)")
        }
    }

    /// The context of the next connection.
    var context: NIOSSLContext {
        let versions = Self.versions(of: files)
        return state.withLock { state in
            guard versions != state.versions else { return state.context }
            state.versions = versions
            do throws(Unusable) {
                state.context = try Self.read(files)
                logger.notice("certificate was read again", metadata: [LogKey.httpServer: "\(server)"])
            } catch {
                logger.error(
                    "certificate cannot be used, the last one stays in use",
                    metadata: [LogKey.httpServer: "\(server)", LogKey.error: "\(error.reason)"])
            }
            return state.context
        }
    }

    private static func versions(of files: CertificateFiles) -> [FileVersion?] {
        [files.certificate, files.key].map { FileVersion($0) }
    }

    /// Why a certificate cannot be used, and what to do.
    private struct Unusable: Error {
        let reason: String
    }

    private static func read(_ files: CertificateFiles) throws(Unusable) -> NIOSSLContext {
        guard let data = FileManager.default.contents(atPath: files.certificate) else {
            throw Unusable(reason: "the certificate \(files.certificate) cannot be read: name a file of this machine")
        }
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(Array(data)), !chain.isEmpty else {
            throw Unusable(reason: "\(files.certificate) is no PEM file of a certificate")
        }
        let text: String
        do throws(PrivateFile.Failure) {
            // Mounted secrets are links. The file that a link leads to is checked.
            text = try PrivateFile.read(files.key, followsLinks: true)
        } catch {
            throw Unusable(reason: "the certificate's key: \(error)")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem) else {
            throw Unusable(reason: "\(files.key) is no PEM file of a key without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // How long the other end may take to say farewell.
        configuration.shutdownTimeout = .seconds(2)
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw Unusable(reason: "the key \(files.key) is not that of the certificate \(files.certificate)")
        }
        return context
    }
}

/// Differs once a file was changed or replaced by another one.
private struct FileVersion: Equatable {
    private let numbers: [Int64]

    /// nil where there is no such file.
    init?(_ path: String) {
        guard let status = FileStatus(path) else { return nil }
        numbers = [
            Int64(bitPattern: status.device), Int64(bitPattern: status.number), status.size, status.contentChanged, status.changed,
        ]
    }
}
