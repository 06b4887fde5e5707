/// The history of attempts, and types that are paused.
///
/// An attempt has a row only where it did not succeed: a task that is done at once writes nothing here.
extension Schema {
    static let version2 = """
        ALTER TABLE type ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE attempt (
            task INTEGER NOT NULL,
            number INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            ended INTEGER NOT NULL,
            run INTEGER,                           -- microseconds; null where it is not known
            worker TEXT,
            error TEXT,
            PRIMARY KEY (task, number)
        ) STRICT, WITHOUT ROWID;
        """
}
