import Testing

/// One browser at a time: it has much to do. The limit says that something hangs, not that the machine is busy.
@Suite("The dashboard, in a browser", .enabled(if: Chromium.isThereOrRequired), .serialized, .timeLimit(.minutes(5)))
enum DashboardTests {}
