/// A report that a route answers as JSON.
package protocol WebReport: Encodable, Sendable {
    /// What it looks like.
    static var schema: JSONSchema { get }
}
