/// A type of task with what goes in and what comes out: the one value that a worker and its clients share.
///
/// ```swift
/// let greet = TaskDefinition<String, String>("greet")
/// let resize = TaskDefinition<Resize, Data>("resize")       // struct Resize: Codable, Sendable
/// let tick = TaskDefinition<Void, Void>("tick")
/// ```
///
/// `String` travels as UTF-8 text, `Data` as it is, `Void` as no bytes, every other `Codable` type as JSON. ``init(_:input:output:)``
/// takes other codecs.
public struct TaskDefinition<Input: Sendable, Output: Sendable>: Sendable {
    public let type: TaskType
    /// Writes and reads payloads.
    public let input: PayloadCodec<Input>
    /// Writes and reads results.
    public let output: PayloadCodec<Output>

    /// A definition with codecs of its own.
    public init(_ type: TaskType, input: PayloadCodec<Input>, output: PayloadCodec<Output>) {
        self.type = type
        self.input = input
        self.output = output
    }
}

extension TaskDefinition where Input: Codable, Output: Codable {
    /// The definition of a type whose name is written in the program.
    ///
    /// - Precondition: the name is valid, as ``TaskType`` describes.
    public init(_ name: StaticString) { self.init(TaskType(literal: name), input: .standard, output: .standard) }
}

extension TaskDefinition where Input == Void, Output: Codable {
    /// The definition of a type whose name is written in the program.
    ///
    /// - Precondition: the name is valid, as ``TaskType`` describes.
    public init(_ name: StaticString) { self.init(TaskType(literal: name), input: .empty, output: .standard) }
}

extension TaskDefinition where Input: Codable, Output == Void {
    /// The definition of a type whose name is written in the program.
    ///
    /// - Precondition: the name is valid, as ``TaskType`` describes.
    public init(_ name: StaticString) { self.init(TaskType(literal: name), input: .standard, output: .empty) }
}

extension TaskDefinition where Input == Void, Output == Void {
    /// The definition of a type whose name is written in the program.
    ///
    /// - Precondition: the name is valid, as ``TaskType`` describes.
    public init(_ name: StaticString) { self.init(TaskType(literal: name), input: .empty, output: .empty) }
}
