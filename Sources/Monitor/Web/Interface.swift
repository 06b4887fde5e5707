import WebSupport

/// The whole REST interface: every path that the monitor serves, behind its guard.
struct Interface: Sendable {
    let routes: Routes
    let tasks: TaskRoutes
    let actions: ActionRoutes
    let access: Guard

    var gets: [String: WebServer.Handler] {
        let all = [routes.gets, tasks.gets, Dashboard.gets, [OpenAPI.path: OpenAPI.get]]
        return access.reading(all.reduce(into: [:]) { $0.merge($1) { $1 } })
    }

    var posts: [String: WebServer.Handler] { actions.posts.mapValues(access.acting) }
}
