import Foundation
import TestSupport

/// Actions that only the broker's administrator can take.
extension TestBroker {
    /// Bounds a queue as an operator does: by a policy, through the management's HTTP interface.
    static func bound(_ queue: String, to length: Int) async throws {
        let body =
            #"{"pattern": "^\#(queue)$", "apply-to": "queues", "priority": 10, "#
            + #""definition": {"max-length": \#(length), "overflow": "reject-publish"}}"#
        try await administrate("PUT", "api/policies/%2F/\(queue)", Data(body.utf8))
    }

    static func unbound(_ queue: String) async throws {
        try await administrate("DELETE", "api/policies/%2F/\(queue)", nil)
    }
}
