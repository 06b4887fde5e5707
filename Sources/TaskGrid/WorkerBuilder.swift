/// Gathers workers that are written one after another.
@resultBuilder
public enum WorkerBuilder {
    public static func buildExpression(_ worker: any TaskWorker) -> [any TaskWorker] { [worker] }
    public static func buildExpression(_ workers: [any TaskWorker]) -> [any TaskWorker] { workers }
    public static func buildBlock(_ workers: [any TaskWorker]...) -> [any TaskWorker] { workers.flatMap(\.self) }
    public static func buildOptional(_ workers: [any TaskWorker]?) -> [any TaskWorker] { workers ?? [] }
    public static func buildEither(first workers: [any TaskWorker]) -> [any TaskWorker] { workers }
    public static func buildEither(second workers: [any TaskWorker]) -> [any TaskWorker] { workers }
    public static func buildArray(_ workers: [[any TaskWorker]]) -> [any TaskWorker] { workers.flatMap(\.self) }
}
