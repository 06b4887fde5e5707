import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import WebSupport

@testable import Monitor

@Suite("The dashboard's files")
struct DashboardFilesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Monitor/Page/Assets")

    private func ask(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        let application = Application(router: WebServer.router([.dashboard, .asset], of: "the monitor"))
        return try await application.test(.router) { client in
            try await client.execute(uri: path, method: .get, headers: headers) { $0 }
        }
    }

    @Test func `all assets are served unchanged`() async throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
        #expect(files.count > 10)
        let types = [
            "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
            "svg": "image/svg+xml",
        ]
        for file in files {
            let name = file.lastPathComponent
            let response = try await ask(name == "index.html" ? "/" : "/assets/\(name)")
            #expect(response.status == .ok, "\(name)")
            #expect(Data(response.body.readableBytesView) == (try Data(contentsOf: file)), "\(name)")
            #expect(response.headers[.contentType] == types[file.pathExtension], "\(name)")
            #expect(response.headers[.contentSecurityPolicy]?.contains("default-src 'none'; script-src 'self'; style-src 'self'") == true)
            #expect(response.headers[.contentSecurityPolicy]?.contains("unsafe") == false)
        }
    }

    @Test func `an unchanged asset is answered with 304`() async throws {
        let first = try await ask("/assets/app.js")
        let tag = try #require(first.headers[.eTag])
        #expect(first.headers[.cacheControl] == "no-cache")
        for kept in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            let again = try await ask("/assets/app.js", headers: [.ifNoneMatch: kept])
            #expect(again.status == .notModified)
            #expect(again.body.readableBytes == 0)
            #expect(again.headers[.eTag] == tag)
        }
        #expect(try await ask("/assets/app.js", headers: [.ifNoneMatch: "\"other\""]).status == .ok)
        #expect(try await ask("/assets/app.css").headers[.eTag] != tag)
    }

    @Test(arguments: ["/assets/", "/assets/none.js", "/assets/..%2Findex.html", "/assets/app"])
    func `other paths under assets are not found`(path: String) async throws {
        #expect(try await ask(path).status == .notFound)
    }

    /// Text from the grid must reach the page as text alone.
    @Test func `the page never makes markup of text`() throws {
        for file in try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil) {
            let text = try String(contentsOf: file, encoding: .utf8)
            for forbidden in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", "DOMParser",
            ] {
                #expect(!text.contains(forbidden), "\(file.lastPathComponent) has \(forbidden)")
            }
            if file.pathExtension == "html" {
                #expect(text.firstMatch(of: #/\son[a-z]+=|\sstyle=|<style|javascript:|https?:\/\//#) == nil)
            }
        }
    }
}
