import Foundation
import TaskGridCore

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The REST interface of a monitor, as a script sees it.
struct MonitorPort: Sendable {
    let number: Int

    /// The fields of `/stats` that tests look at.
    struct Statistics: Decodable {
        struct Work: Decodable {
            var tasks: TaskCounts
            var activeWorkers: Int?
            var pendingTasks: Int
        }

        var tasks: TaskCounts
        var activeWorkers: Int?
        var types: [String: Work]
        var store: String?
    }

    struct Workers: Decodable {
        struct Worker: Decodable {
            var state: String
            var types: [String]
            var succeededSinceMonitorStart: Int
        }

        var activeWorkers: Int?
        var workers: [String: Worker]
    }

    struct Queues: Decodable {
        struct Queue: Decodable {
            var exists: Bool
            var messages: Int?
            var consumers: Int?
        }

        var queues: [String: Queue]
    }

    struct Health: Decodable {
        var healthy: Bool
        var reasons: [String]
    }

    func get<Report: Decodable>(_ path: String, as type: Report.Type = Report.self) async throws -> (status: Int, report: Report) {
        guard let url = URL(string: "http://127.0.0.1:\(number)/\(path)") else { throw URLError(.badURL) }
        // One session for each query: what a session keeps alive would outlast the test.
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (body, response) = try await session.data(from: url)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (status, try decoder.decode(type, from: body))
    }
}
