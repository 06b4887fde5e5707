import ArgumentParser
import Foundation
import TaskGridConfiguration

/// The options of every command: the grid's folder, the settings file, and what is logged.
struct FolderOptions: ParsableArguments {
    @Option(key: "data", names: [.customLong("grid"), .customLong("data")], completion: .directory) var grid: KeyArgument?
    @Option(help: ArgumentHelp("A YAML file of settings.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
    @Option(key: "log-level") var logLevel: KeyArgument?
    @Option(key: "log-format") var logFormat: KeyArgument?

    /// The configuration, with a command's own arguments.
    func configuration(_ own: [KeyArgument?] = []) async throws -> Configuration {
        try FileLimit.require("taskgrid", servesHTTP: false)
        try SettingCheck().check(file: config)
        let arguments = KeyArgument.byKey([grid, logLevel, logFormat] + own)
        let configuration = try Configuration(try await SettingSources(arguments: arguments, file: config))
        if let warning = configuration.sources.warning { Terminal.tell("warning: \(warning)\n") }
        let folder = configuration.folder.path
        var isFolder: ObjCBool = true
        guard !FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) || isFolder.boolValue else {
            throw Failure(.failed, "\(folder) is a file, where the grid's folder belongs: choose a folder with --grid")
        }
        return configuration
    }
}
