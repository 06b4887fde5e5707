import Testing

/// One browser at a time: it has much to do.
@Suite("The dashboard, in a browser", .enabled(if: Chromium.isThereOrRequired), .serialized, .timeLimit(.minutes(1)))
enum DashboardTests {}
