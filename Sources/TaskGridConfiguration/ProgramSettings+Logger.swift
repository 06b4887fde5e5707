package import Logging

extension ProgramSettings {
    /// A logger to standard error, with the level and the format of the settings.
    ///
    /// - Parameters:
    ///   - label: whose lines they are.
    ///   - level: the lowest level that is logged if the settings name none.
    ///   - hidesConnections: whether to leave out what a connection logs below the level of an error.
    package func logger(_ label: String, default level: Logger.Level, hidesConnections: Bool = false) -> Logger {
        Logger(label: label) {
            TerminalLog(label: $0, format: logFormat, hidesConnections: hidesConnections, logLevel: logLevel ?? level)
        }
    }
}
