/// From where on something is an alert.
package struct AlertThresholds: Hashable, Sendable {
    /// How many tasks of a type must have failed of late for their share to be looked at.
    static let leastFailed = 10

    /// The share of the tasks of a type ended within five minutes that have failed, in percent; 0: never.
    package var failurePercent = 20
    /// How long the oldest task of a type has waited; zero: never.
    package var waiting = Duration.seconds(600)
    /// How many tasks of a type wait, whose number has grown for five minutes; 0: never.
    package var backlog = 1000

    package init() {}
}
