import TaskGridConfiguration

extension GridClient {
    /// A client that is connected for the time of `body`.
    ///
    /// ```swift
    /// let greeting = try await GridClient.withClient(.environment) { client in try await client.run(greet, "world") }
    /// ```
    ///
    /// - Parameters:
    ///   - address: where the grid is.
    ///   - interceptors: stand around every submission, the first one outermost.
    ///   - logger: its metadata gets the client's id; nil: that of the program's `LoggingSystem` if that is set up, else one to standard
    ///     error with the level (`warning` by default) and the format that the settings name.
    ///   - body: uses the client.
    /// - Throws: what `body` throws; `ClientError` where the broker cannot be reached or refuses the login; an error that names the
    ///   setting where one cannot be used, or says to run `taskgrid up` where no grid is found.
    public static func withClient<Success: Sendable>(
        _ address: GridAddress, interceptors: [any SubmitInterceptor] = [], logger: Logger? = nil,
        _ body: (GridClient) async throws -> Success
    ) async throws -> Success {
        let grid = try await address.found()
        let logger = grid.settings.logger(logger, label: "client", default: .warning)
        return try await withClient(
            endpoint: grid.location.endpoint, topology: grid.location.topology, interceptors: interceptors, logger: logger, body)
    }
}
