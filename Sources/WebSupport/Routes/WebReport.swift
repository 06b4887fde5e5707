/// A report that a route answers as JSON.
package protocol WebReport: Encodable, Sendable {
    /// Its JSON schema.
    static var schema: JSONSchema { get }
}
