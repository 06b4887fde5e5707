import TaskGridConfiguration

extension ProgramSettings {
    /// The logger of a program, with the level of the settings if they name one: the given one; else one of the logging that the program
    /// has set up; else one that logs as the command does.
    ///
    /// - Parameters:
    ///   - given: the one that the program gives.
    ///   - label: that of another one.
    ///   - level: the lowest level of one that logs as the command does.
    func logger(_ given: Logger?, label: String, default level: Logger.Level) -> Logger {
        var logger = given ?? Logger(label: label)
        // The handler of swift-log itself: the program has set up no other.
        if given == nil, logger.handler is StreamLogHandler { return self.logger(label, default: level) }
        if let logLevel { logger.logLevel = logLevel }
        return logger
    }
}
