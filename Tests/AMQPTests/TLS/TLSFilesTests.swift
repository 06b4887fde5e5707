import AMQP
import Foundation
import Logging
import TestSupport
import Testing

extension TLSTests {
    @Suite("Files of certificates") struct FileTests {
        private func broken(_ change: (inout TLSSettings) -> Void) async throws -> AMQPError? {
            let broker = try TLSBroker.shared()
            var settings = broker.certificates.settings("client")
            change(&settings)
            var endpoint = try broker.endpoint(broker.certificates.settings("client"))
            endpoint.tls = settings
            return await TLSTests.refusal(of: endpoint)
        }

        @Test func `a file that is missing is named`() async throws {
            for change: (inout TLSSettings) -> Void in [
                { $0.ca = "/no/ca" }, { $0.certificate = "/no/certificate" }, { $0.key = "/no/key" },
            ] {
                let error = try await broken(change)
                #expect(error?.code == .tlsRefused)
                #expect(error?.message.contains("/no/") == true)
                #expect(error?.message.contains("cannot be read (No such file or directory)") == true, "\(error?.message ?? "")")
            }
        }

        @Test func `a file that has something else in it is named`() async throws {
            let file = "\(try TLSBroker.shared().certificates.folder)/client.csr"
            chmod(file, 0o600)
            for change: (inout TLSSettings) -> Void in [{ $0.ca = file }, { $0.certificate = file }, { $0.key = file }] {
                let error = try await broken(change)
                #expect(error?.code == .tlsRefused)
                #expect(error?.message.contains(file) == true && error?.message.contains("no PEM") == true, "\(error?.message ?? "")")
            }
        }

        @Test func `a key of another certificate, or with a passphrase, is refused without asking for it`() async throws {
            let certificates = try TLSBroker.shared().certificates
            try await certificates.encryptKey("client", to: "encrypted")
            for key in ["server", "encrypted"] {
                let error = try await broken { $0.key = certificates.key(key) }
                #expect(error?.code == .tlsRefused)
                #expect(error?.message.contains("the key that it was made with, without a passphrase") == true, "\(error?.message ?? "")")
            }
        }

        @Test func `a certificate and its key may be one file`() async throws {
            let broker = try TLSBroker.shared()
            let certificates = broker.certificates
            let files = [certificates.certificate("client"), certificates.key("client")]
            let both = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
            try both.write(toFile: certificates.certificate("both"), atomically: true, encoding: .utf8)
            chmod(certificates.certificate("both"), 0o600)
            var settings = certificates.settings("both")
            settings.key = nil
            let connection = Connection(try broker.endpoint(settings), name: "test tls", logger: .silent)
            try await connection.start(patience: .seconds(10))
            await connection.close()
        }

        @Test(arguments: [0o640, 0o604, 0o622] as [mode_t]) func `a key that others may read or write is refused with what to do`(
            mode: mode_t
        ) async throws {
            let certificates = try TLSBroker.shared().certificates
            let key = "\(certificates.folder)/open-\(mode).key"
            try Data(contentsOf: URL(fileURLWithPath: certificates.key("client"))).write(to: URL(fileURLWithPath: key))
            chmod(key, mode)
            let error = try await broken { $0.key = key }
            #expect(error?.code == .tlsRefused)
            let why = "\(key) can be read or written by other users: chmod 600 it"
            #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
            // The key may be in the certificate's file.
            let files = [certificates.certificate("client"), key].map { FileManager.default.contents(atPath: $0) ?? Data() }
            let both = "\(certificates.folder)/open-\(mode).pem"
            try (files[0] + files[1]).write(to: URL(fileURLWithPath: both))
            chmod(both, mode)
            let refusal = try await broken { ($0.certificate, $0.key) = (both, nil) }
            #expect(refusal?.message.contains("\(both) can be read or written") == true, "\(refusal?.message ?? "")")
        }

        @Test func `renewed files are used at the next reconnect`() async throws {
            let broker = try TLSBroker.shared()
            let certificates = broker.certificates
            try await certificates.make("renewed", name: broker.plain.user)
            let log = Journal<LogLine>()
            let connection = Connection(
                try broker.endpoint(certificates.settings("renewed")), name: "test tls",
                backoff: Backoff(base: .milliseconds(5), ceiling: .milliseconds(50)), logger: Logger(into: log)
            )
            let reconnections = try await Reconnections(starting: connection)
            try certificates.replace("renewed", with: "stranger")
            await connection.reconnect(because: "its files were replaced")
            #expect(await log.saw { "\($0.metadata["error"] ?? "")".contains("the broker refuses the client certificate (") })
            try certificates.replace("renewed", with: "client")
            #expect(await reconnections.next() == 2)
            await connection.close()
        }
    }
}
