import Foundation
import TaskGridClient
import TaskGridCore

/// How a task ended, as a line.
struct EndingLine {
    let ending: Ending
    let type: TaskType

    init(_ ending: Ending, type: TaskType) {
        self.ending = ending
        self.type = type
    }

    /// Id, state and result or error, set apart by tabs. The result is as the worker gave it; an error stays on the line.
    var text: Data {
        var line = Data("\(ending.id)\t\(ending.state)\t".utf8)
        line.append(ending.state == .succeeded ? ending.result : Data(Terminal.plain(ending.error?.description ?? "").utf8))
        return line
    }

    var json: Data { JSON.encode(TaskReport(ending, type: type)) }
}
