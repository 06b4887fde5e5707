import Foundation
import Hummingbird
import TaskGridCore
import WebSupport

extension Route {
    /// The description of all routes, itself among them.
    static func openAPI(describing others: [Route]) -> Route {
        func route(_ document: Data) -> Route {
            Route(
                .get, "/openapi.json", id: "openapi", summary: "This document.", access: .needs(.viewer),
                parameters: [RouteParameter.pretty],
                content: .json(documentSchema)
            ) { _ in
                // It is written for people as it is.
                .json(encoded: document)
            }
        }
        return route(JSON.encode(OpenAPI(others + [route(Data())]), pretty: true))
    }

    private static let documentSchema = JSONSchema.object(
        [
            "openapi": .string, "info": .object(["title": .string, "version": .string], isOpen: true),
            "paths": .map(of: .object([:], isOpen: true)),
        ],
        isOpen: true
    ).named("Document")
}
