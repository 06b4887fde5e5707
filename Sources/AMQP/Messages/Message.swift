public import Foundation

/// A message as it travels: properties and body.
public struct Message: Hashable, Sendable {
    public var properties: BasicProperties
    public var body: Data

    public init(properties: BasicProperties = BasicProperties(), body: Data = Data()) {
        self.properties = properties
        self.body = body
    }
}
