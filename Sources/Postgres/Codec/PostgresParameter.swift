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

extension Int16: PostgresElement { @inlinable package var postgresElement: Int16? { self } }
extension Int32: PostgresElement { @inlinable package var postgresElement: Int32? { self } }
extension Int64: PostgresElement { @inlinable package var postgresElement: Int64? { self } }
extension Bool: PostgresElement { @inlinable package var postgresElement: Bool? { self } }
extension Double: PostgresElement { @inlinable package var postgresElement: Double? { self } }
extension String: PostgresElement { @inlinable package var postgresElement: String? { self } }
extension Data: PostgresElement { @usableFromInline package var postgresElement: Data? { self } }
extension Optional: PostgresElement where Wrapped: PostgresValue { @inlinable package var postgresElement: Wrapped? { self } }
