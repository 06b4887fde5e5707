import HTTPTypes
import WebSupport

extension Route {
    static let dashboard = Route(
        .get, "/", id: "dashboard", summary: "The dashboard.", access: .open, checksQuery: false, content: .text(["text/html"])
    ) { call in
        Dashboard.page.response(to: call.request)
    }

    static let asset = Route(
        .get, "/assets/{name}", id: "asset", summary: "A style, script or image of the dashboard.", access: .open,
        parameters: [RouteParameter.asset], checksQuery: false, content: .text(["text/css", "text/javascript", "image/svg+xml"]),
        problems: [404: "There is no such file."]
    ) { call in
        guard let asset = Dashboard.assets[try call.value(of: .asset)] else {
            throw Problem(status: .notFound, detail: "there is no such asset of the dashboard")
        }
        return asset.response(to: call.request)
    }
}

extension RouteParameter where Value == String {
    fileprivate static let asset = RouteParameter("name", in: .path, summary: "The file.", schema: .string, example: "app.css") { $0 ?? "" }
}
