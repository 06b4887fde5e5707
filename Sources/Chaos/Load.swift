import Foundation
import TaskGridClient
import TaskGridCore

/// Submits numbered tasks at a steady rate and waits for their ends.
package struct Load: Sendable {
    let client: GridClient
    let configuration: ChaosConfiguration
    let scoreboard: Scoreboard

    /// Submits as long as load is needed, and returns when all that was submitted has ended or the task is cancelled.
    ///
    /// - Parameter tell: called now and then.
    func run(tell: @escaping @Sendable () -> Void) async {
        let pause = max(Duration.milliseconds(10), Duration.seconds(1 / configuration.rate))
        let start = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            var number = 0
            /// Numbers that were not submitted in their time, as too many were under way.
            var left = 0
            while !scoreboard.isLoadOver {
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                tell()
                let due = Int(start.duration(to: .now) / .seconds(1) * configuration.rate) - left
                while number < due {
                    guard scoreboard.underWay < ChaosConfiguration.maximumUnderWay else {
                        left += due - number
                        break
                    }
                    number += 1
                    var task = NumberedTask(number: number, seed: configuration.seed, rate: configuration.rate)
                    task.isLarge = configuration.faults.contains(.refuse) && number % Self.largeEvery == 0
                    group.addTask { [task] in await carry(task) }
                }
            }
            group.addTask {
                while scoreboard.underWay > 0, (try? await Task.sleep(for: .milliseconds(200))) != nil { tell() }
            }
        }
    }

    /// With the fault `refuse`, one in so many tasks has a result over the broker's limit, and has to fail.
    package static let largeEvery = 50

    /// One task from its submission to its end.
    private func carry(_ task: NumberedTask) async {
        let submitted = scoreboard.submitted(task.number)
        defer { scoreboard.leftAlone() }
        // The client repeats a submission under its key until then; the run ends before.
        let forever = Duration.seconds(7 * 86_400)
        let options = TaskOptions(key: "chaos-\(configuration.seed)-\(task.number)", deadline: forever)
        do throws(ClientError) {
            let accepted = try await client.submitAndWatch(NumberedTask.type, payloads: [task.payload], options: options, within: forever)
            scoreboard.accepted(task.number, as: accepted.ids[0])
            for try await ending in accepted.endings { scoreboard.ended(ending, submitted: submitted) }
        } catch {
            // Anything else leaves it without an answer or without an end, which the ledger sees.
            if [.rejected, .tooLarge, .badArgument].contains(error.code) { scoreboard.refused(task.number, error.message) }
        }
    }
}
