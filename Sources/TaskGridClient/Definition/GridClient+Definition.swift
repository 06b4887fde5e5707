import Foundation
public import TaskGridCore

/// Tasks of a definition: values go in and come out, instead of bytes.
extension GridClient {
    /// Submits one task. When this returns, the task is durable and will be done.
    ///
    /// - Parameters:
    ///   - definition: the task's type, and how its input is written.
    ///   - input: what the worker gets.
    ///   - options: what the task is submitted with.
    /// - Returns: the task's id, by which `result(of:as:within:)` gets its output.
    /// - Throws: `badArgument` where the input cannot be written; else as `submit(_:payload:options:)`.
    public func submit<Input, Output>(
        _ definition: TaskDefinition<Input, Output>, _ input: Input, options: TaskOptions = TaskOptions()
    ) async throws(ClientError) -> TaskID {
        try await submit(definition.type, payload: definition.payload(input), options: options)
    }

    /// Submits a task for each input, many to a message.
    ///
    /// - Returns: the ids, in the inputs' order.
    /// - Throws: as `submit(_:payloads:options:)`.
    public func submit<Input, Output>(
        _ definition: TaskDefinition<Input, Output>, each inputs: [Input], options: TaskOptions = TaskOptions()
    ) async throws(ClientError) -> [TaskID] {
        try await submit(definition.type, payloads: definition.payloads(inputs), options: options)
    }

    /// Submits a task and waits for its output.
    ///
    /// - Parameters:
    ///   - definition: the task's type, and how its input and output are written.
    ///   - input: what the worker gets.
    ///   - options: what the task is submitted with.
    ///   - patience: how long to wait for the end.
    /// - Throws: `taskFailed` where the task ends without a result: the error's `ending` says how; `badResult` where its result is no
    ///   output, and names the field; `timedOut` after `patience`; else as `submit(_:_:options:)`.
    public func run<Input, Output>(
        _ definition: TaskDefinition<Input, Output>, _ input: Input, options: TaskOptions = TaskOptions(),
        within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> Output {
        let ending = try await run(definition.type, payload: definition.payload(input), options: options, within: patience)
        return try definition.output(of: ending)
    }

    /// Submits a task for each input and waits for all to end.
    ///
    /// - Parameters:
    ///   - definition: the type of the tasks, and how their inputs and outputs are written.
    ///   - inputs: one for each task.
    ///   - options: what all of the tasks are submitted with.
    ///   - patience: how long to wait for the ends.
    /// - Returns: for each input, in their order, its output or why it has none: `taskFailed`, `badResult`.
    /// - Throws: as `submit(_:each:options:)`; `timedOut` after `patience`.
    public func run<Input, Output>(
        _ definition: TaskDefinition<Input, Output>, each inputs: [Input], options: TaskOptions = TaskOptions(),
        within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> [Result<Output, ClientError>] {
        let endings = try await run(definition.type, payloads: definition.payloads(inputs), options: options, within: patience)
        return endings.map { ending in Result { () throws(ClientError) in try definition.output(of: ending) } }
    }

    /// Submits a task without input and waits for its output.
    ///
    /// - Throws: as `run(_:_:options:within:)`.
    public func run<Output>(
        _ definition: TaskDefinition<Void, Output>, options: TaskOptions = TaskOptions(), within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> Output {
        try await run(definition, (), options: options, within: patience)
    }

    /// Waits for the output of a task, whoever submitted it.
    ///
    /// - Parameters:
    ///   - task: its id.
    ///   - definition: the definition that it was submitted with.
    ///   - patience: how long to wait for the end.
    /// - Throws: `unknownTask`; else as `run(_:_:options:within:)`.
    public func result<Input, Output>(
        of task: TaskID, as definition: TaskDefinition<Input, Output>, within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> Output {
        try definition.output(of: try await outcome(of: task, within: patience))
    }
}

extension TaskDefinition {
    fileprivate func payload(_ value: Input) throws(ClientError) -> Data {
        do {
            return try input.encode(value)
        } catch {
            throw ClientError(.badArgument, "the input of a task of type \(type) cannot be written: \(error.message)")
        }
    }

    fileprivate func payloads(_ values: [Input]) throws(ClientError) -> [Data] {
        var payloads: [Data] = []
        payloads.reserveCapacity(values.count)
        for value in values { payloads.append(try payload(value)) }
        return payloads
    }

    /// The value of a task's result.
    fileprivate func output(of ending: Ending) throws(ClientError) -> Output {
        guard ending.state == .succeeded else { throw ClientError(ending, of: type) }
        do {
            return try output.decode(ending.result)
        } catch {
            let message = "the result of task \(ending.id) (\(type)) is not what this program takes: \(error.message)"
            throw ClientError(.badResult, message, ending: ending)
        }
    }
}
