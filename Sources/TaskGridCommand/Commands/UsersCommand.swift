import AMQP
import ArgumentParser
import Foundation
import LocalGrid
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore

/// Makes a grid's users, or the definitions of them.
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "Make a broker user for each part of the grid, with no more rights than it needs.",
        usage: "taskgrid users <folder> [<options>]",
        discussion: """
            With one login for everything, a stolen password is the whole grid. With these
            users, one of a worker can do that worker's work, and one of a client that
            client's:
              export TASKGRID_ADMIN=http://admin:secret@host:15672
              taskgrid users secrets --worker crew=hash --client app=hash --import

            It makes the users of the dispatcher, the nameservice and the monitor, one for
            each --worker group, each --client and each --operator. It writes a random
            password for each into <folder>/<user>.password (mode 600; one that is there is
            kept) and what each may do into <folder>/rights.json. With --import it sends
            the users to RabbitMQ, which takes an administrator's login. Without, it prints
            RabbitMQ's definitions of them, for its own tools to import.

            Then each part logs in as its user, and the dispatcher enforces the rights:
              export TASKGRID_BROKER_PASSWORD_FILE=secrets/taskgrid-dispatcher.password
              taskgrid dispatcher --broker amqp://taskgrid-dispatcher@host
                --rights secrets/rights.json
            Say it again with all groups and more, in the same folder, and restart the
            dispatcher: each call writes the rights anew. In another folder users get new
            passwords, also those in use. To give a user a new password, remove its file
            and say it again with --import.
            'taskgrid check --role worker' looks whether a user has the rights it needs.
            """
    )

    @Argument(help: "The folder for passwords and rights; it is made where it is not there.", completion: .directory)
    var folder: String
    @Option(
        help: ArgumentHelp("The types of groups and clients that name none; without it all.", valueName: "types"),
        transform: UsersCommand.types)
    var types: [TaskType] = []
    @Option(
        name: .customLong("worker"),
        help: ArgumentHelp(
            "A group of workers, and the types that it runs. Repeatable. (default: <prefix>-worker)", valueName: "name=types"),
        transform: UsersCommand.group)
    var workers: [Group] = []
    @Option(
        name: .customLong("client"),
        help: ArgumentHelp("A client, and the types that it submits. Repeatable. (default: <prefix>-client)", valueName: "name=types"),
        transform: UsersCommand.group)
    var clients: [Group] = []
    @Option(
        name: .customLong("operator"),
        help: ArgumentHelp(
            "A client for people who run the grid, which may do everything but run tasks: pause and forget types too. Repeatable.",
            valueName: "name"),
        transform: UsersCommand.name)
    var operators: [String] = []
    @Flag(name: .customLong("import"), help: "Import the users into RabbitMQ, and print no definitions.")
    var imports = false
    @Option(key: "admin") var admin: KeyArgument?
    @OptionGroup(title: "Grid") var grid: GridOptions

    /// Users of a name, and the types that they handle; nil: those of ``types``.
    struct Group: Hashable, Sendable {
        let name: String
        let types: [TaskType]?
    }

    @Sendable static func types(_ text: String) throws -> [TaskType] {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        // None would stand for all.
        guard names.contains(where: { !$0.isEmpty }) else {
            throw ValidationError("an empty list names no type: list types with commas between, or leave it out")
        }
        if let place = names.firstIndex(where: \.isEmpty) {
            throw ValidationError("name \(place + 1) of '\(text)' is empty: list types with one comma between two of them")
        }
        return try names.map { try Arguments.type(String($0)) }
    }

    @Sendable static func group(_ text: String) throws -> Group {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return Group(name: try name(parts.first ?? ""), types: parts.count > 1 ? try types(parts[1]) : nil)
    }

    @Sendable static func name(_ text: String) throws -> String {
        guard GridUser.isValid(name: text) else {
            throw ValidationError("'\(text)' names no user: 1 to 64 lower-case letters, digits and '-', and not 'type' or 'workers'")
        }
        guard text != UserDefinitions.administrator else {
            throw ValidationError("'\(text)' is the administrator of the broker of 'taskgrid up', who stays: choose another name")
        }
        return text
    }

    func run() async throws {
        try await Failure.reported {
            let configuration = try await grid.configuration([admin])
            let interfaces = imports ? try interfaces(configuration) : nil
            let topology = configuration.program.topology
            let users = users(topology)
            guard Set(users.map(\.name)).count == users.count else {
                throw Failure(.failed, "two users have one name: give each --worker, --client and --operator a name of its own")
            }
            if let interfaces { try Self.check(users, for: interfaces, besides: configuration.program.folder) }
            try makeFolder()
            let passwords = try users.map { ($0, try password(of: $0)) }
            let rights = "\(folder)/rights.json"
            let virtualHost = (try? configuration.location())?.endpoint.virtualHost ?? "/"
            let definitions = try UserDefinitions(passwords, topology, virtualHost: virtualHost).json
            // Where the import fails, the users have the rights that they had.
            let interface =
                if let interfaces { try await ManagementInterface.importing(definitions, into: interfaces) } else {
                    nil as ManagementInterface?
                }
            let former = try? AccessPolicy.read(rights)
            let policy = AccessPolicy(for: users)
            try PrivateFile.write(JSON.encode(policy, pretty: true), to: rights)
            for warning in Self.dropped(from: former, policy, users, in: rights, interface) {
                Terminal.tell("warning: \(Terminal.plain(warning))\n")
            }
            guard let interface else { return try await Output.standard.line(definitions) }
            try await Output.standard.line("imported \(users.count) users into \(interface.address)")
        }
    }

    /// Where the users are imported. A URL of it needs no broker beside it.
    func interfaces(_ configuration: Configuration) throws -> [ManagementInterface] {
        guard configuration.admin != nil else { return try configuration.managementInterfaces(beside: configuration.location().endpoint) }
        return try configuration.managementInterfaces(beside: (try? configuration.location().endpoint) ?? Endpoint())
    }

    /// Makes the folder where it is missing.
    ///
    /// - Throws: `Failure` where others could have put files into it, or could replace those that are made.
    func makeFolder() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard let fault = FileTrust.fault(of: folder) else { return }
        throw Failure(
            .failed,
            "the folder \(folder) is not used for passwords and rights: \(fault); use a folder of your own, chown it, or chmod go-w it")
    }

    /// Makes sure that an import takes no login away.
    ///
    /// - Parameters:
    ///   - users: the users that are imported.
    ///   - interfaces: where they are imported.
    ///   - folder: that of the grid of this machine.
    static func check(_ users: [GridUser], for interfaces: [ManagementInterface], besides folder: GridFolder) throws(Failure) {
        if let name = interfaces.map(\.user).first(where: { login in users.contains { $0.name == login } }) {
            throw Failure(
                .failed, "'\(name)' is the login that the users are imported with, and would lose its rights: give the user another name")
        }
        // A broker alone, as 'taskgrid broker' starts it, has no prefix and no users.
        guard let file = try? GridFile.read(from: folder), let prefix = file.prefix else { return }
        let ports = ([file.admin].compactMap(\.self) + (file.otherAdmins ?? [])).compactMap { URL(string: $0)?.port }
        guard interfaces.contains(where: { ports.contains($0.port) && ["127.0.0.1", "localhost"].contains($0.host) }) else { return }
        let own = ServiceUsers(prefix: prefix).all
        let taken = users.map(\.name).filter { own.contains($0) || $0.hasPrefix(UserDefinitions.workerPrefix) }
        guard !taken.isEmpty else { return }
        throw Failure(
            .failed,
            "the grid in \(folder.path) has users of its own, as 'taskgrid up' makes them: an import of \(taken.listed) would take logins of "
                + "its services away; give it clients with 'taskgrid up --client NAME=TYPES', or name another broker with --admin")
    }

    /// Says which users of the former rights have none any more, and which have fewer.
    ///
    /// - Parameters:
    ///   - former: the rights that the file had; nil: there was none.
    ///   - policy: those that it has now.
    ///   - users: the users.
    ///   - file: the file.
    ///   - interface: where the users were imported; nil: nowhere yet.
    static func dropped(
        from former: AccessPolicy?, _ policy: AccessPolicy, _ users: [GridUser], in file: String, _ interface: ManagementInterface? = nil
    ) -> [String] {
        guard let former else { return [] }
        var warnings: [String] = []
        let names = Set(former.users.keys).subtracting(users.map(\.name)).sorted()
        if !names.isEmpty {
            let commands = names.map { name in
                guard let interface else { return "rabbitmqctl delete_user \(ShellWord(name))" }
                return interface.deletion(of: "users/\(ManagementInterface.encoded(name))")
            }
            warnings.append(
                "\(names.listed) \(names.count == 1 ? "is" : "are") no longer in \(file): name all groups in one call, or take the logins "
                    + "away, which stay in RabbitMQ: \(commands.joined(separator: "; "))")
        }
        let fewer = users.map(\.name).compactMap { name in
            let lost = policy.lost(by: name, since: former)
            return lost.isEmpty ? nil : "\(name) (\(lost.listed))"
        }
        if !fewer.isEmpty {
            warnings.append("these users may do less than before, because each call writes \(file) anew: \(fewer.listed)")
        }
        return warnings
    }

    /// The users of a grid.
    func users(_ topology: Topology) -> [GridUser] {
        let name = topology.users.dispatcher.dropLast("dispatcher".count)
        let workers = workers.isEmpty ? [Group(name: "\(name)worker", types: nil)] : workers
        let clients = clients.isEmpty ? [Group(name: "\(name)client", types: nil)] : clients
        return GridUser.services(of: topology) + workers.map { GridUser(name: $0.name, role: .worker($0.types ?? types)) }
            + clients.map { GridUser(name: $0.name, role: .client($0.types ?? types)) }
            + operators.map { GridUser(name: $0, role: .operator) }
    }

    /// The password in a user's file, which has to be this user's own; a new one where there is no file.
    func password(of user: GridUser) throws -> String {
        let path = "\(folder)/\(user.name).password"
        do throws(PrivateFile.Failure) {
            let known = try PrivateFile.read(path).trimmingCharacters(in: .newlines)
            if !known.isEmpty, !known.contains(where: \.isNewline) { return known }
        } catch {
            guard error.isMissing else { throw Self.unusable("\(error)", of: user) }
            let password = UserDefinitions.newPassword()
            try PrivateFile.write("\(password)\n", to: path)
            return password
        }
        throw Self.unusable("\(path) has not one line, the password", of: user)
    }

    private static func unusable(_ reason: String, of user: GridUser) -> Failure {
        Failure(.failed, "the password of user '\(user.name)' is not used: \(reason); or remove the file for a new password")
    }
}
