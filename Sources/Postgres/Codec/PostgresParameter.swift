public import Foundation

/// A value that a statement can be given: a ``PostgresValue``, an array of them for `unnest` and `ANY`, or nil for NULL, also in an array.
@usableFromInline
package protocol PostgresParameter: Sendable {
    /// Appends it to the parameters of a statement.
    func append(to parameters: inout PostgresParameters)
}

extension PostgresValue {
    @inlinable package func append(to parameters: inout PostgresParameters) { parameters.append(self) }
}

extension Optional: PostgresParameter where Wrapped: PostgresValue {
    @inlinable package func append(to parameters: inout PostgresParameters) { parameters.append(self) }
}

extension Array: PostgresParameter where Element: PostgresElement {
    @inlinable package func append(to parameters: inout PostgresParameters) { parameters.append(array: self) }
}

/// A value of an array: a ``PostgresValue`` or nil for NULL.
@usableFromInline
package protocol PostgresElement: Sendable {
    associatedtype Value: PostgresValue
    var postgresElement: Value? { get }
}

extension PostgresElement where Self: PostgresValue {
    @inlinable package var postgresElement: Self? { self }
}

extension Int16: PostgresElement {}
extension Int32: PostgresElement {}
extension Int64: PostgresElement {}
extension Bool: PostgresElement {}
extension Double: PostgresElement {}
extension String: PostgresElement {}
extension Data: PostgresElement {}
extension Optional: PostgresElement where Wrapped: PostgresValue { @inlinable package var postgresElement: Wrapped? { self } }
