// `import TaskGrid` alone gives both ends, and what their declarations name.
@_exported public import AMQP
@_exported public import Foundation
@_exported public import Logging
@_exported public import TaskGridClient
@_exported public import TaskGridCore
@_exported public import TaskGridWorker
