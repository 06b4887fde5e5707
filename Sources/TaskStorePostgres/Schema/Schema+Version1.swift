/// The tables of the first version.
extension Schema {
    static let version1 = tables1 + partitions1 + comments1

    private static let tables1 = [
        """
        CREATE TABLE grid (
            version integer NOT NULL,
            last_type integer NOT NULL DEFAULT 0,
            origin text
        )
        """,
        """
        CREATE TABLE slot (
            slot integer PRIMARY KEY,
            term bigint NOT NULL DEFAULT 0,
            turn bigint NOT NULL DEFAULT 0,
            last_task bigint NOT NULL DEFAULT 0,
            clock bigint NOT NULL DEFAULT 0,
            wall bigint NOT NULL DEFAULT 0,
            wall_offset bigint NOT NULL DEFAULT 0,
            keys bigint NOT NULL DEFAULT 0,
            pruned bigint NOT NULL DEFAULT 0,
            pruned_to bigint NOT NULL DEFAULT 0,
            walked bigint NOT NULL DEFAULT 0,
            swept bigint NOT NULL DEFAULT 0,
            epoch bigint NOT NULL DEFAULT 0,
            timeline bigint,
            identity text NOT NULL,
            secret bytea NOT NULL,
            home text,
            keys_of_all bigint NOT NULL DEFAULT 0
        ) WITH (fillfactor = 10)
        """,
        """
        CREATE TABLE lease (
            slot integer PRIMARY KEY,
            holder text,
            renewed timestamptz,
            until timestamptz
        ) WITH (fillfactor = 10)
        """,
        """
        CREATE TABLE type (
            id integer PRIMARY KEY,
            name text COLLATE "C" NOT NULL UNIQUE,
            paused bigint NOT NULL DEFAULT 0
        )
        """,
        """
        CREATE TABLE counter (
            slot integer NOT NULL,
            type integer NOT NULL,
            submitted bigint NOT NULL DEFAULT 0,
            succeeded bigint NOT NULL DEFAULT 0,
            failed bigint NOT NULL DEFAULT 0,
            cancelled bigint NOT NULL DEFAULT 0,
            expired bigint NOT NULL DEFAULT 0,
            kept bigint NOT NULL DEFAULT 0,
            PRIMARY KEY (slot, type)
        ) WITH (fillfactor = 20)
        """,
        """
        CREATE TABLE submission (
            first bigint NOT NULL,
            created bigint NOT NULL,
            count integer NOT NULL,
            form smallint NOT NULL,
            "user" text COLLATE "C" NOT NULL,
            key text COLLATE "C" NOT NULL,
            client text,
            correlation text,
            type text NOT NULL,
            fingerprint bytea NOT NULL,
            PRIMARY KEY (key, "user")
        ) PARTITION BY HASH (key, "user")
        """,
        """
        CREATE INDEX submission_first ON submission (first)
        """,
        """
        CREATE TABLE task (
            id bigint PRIMARY KEY,
            timeout bigint,
            type integer NOT NULL,
            "position" integer NOT NULL,
            max_attempts integer NOT NULL,
            priority smallint NOT NULL,
            backoff text,
            payload bytea NOT NULL
        ) PARTITION BY RANGE (id)
        """,
        """
        CREATE TABLE ending (
            id bigint PRIMARY KEY,
            completed bigint NOT NULL,
            run bigint NOT NULL,
            type integer NOT NULL,
            attempt integer NOT NULL,
            state smallint NOT NULL,
            worker text NOT NULL,
            error text,
            result bytea
        ) PARTITION BY RANGE (id)
        """,
        """
        CREATE INDEX ending_unsuccessful ON ending (type, state, id) WHERE state <> 5
        """,
        """
        CREATE TABLE attempt (
            task bigint NOT NULL,
            ended bigint NOT NULL,
            run bigint,
            number integer NOT NULL,
            outcome text NOT NULL,
            worker text,
            error text,
            PRIMARY KEY (task, number)
        ) PARTITION BY RANGE (task)
        """,
        """
        CREATE TABLE block (
            number bigint PRIMARY KEY
        )
        """,
        """
        CREATE TABLE open_range (
            type integer NOT NULL,
            priority smallint NOT NULL,
            first bigint NOT NULL,
            last bigint NOT NULL,
            rest integer NOT NULL,
            PRIMARY KEY (type, priority, first)
        ) WITH (fillfactor = 50)
        """,
        """
        CREATE TABLE open (
            id bigint PRIMARY KEY,
            due bigint,
            expires bigint,
            due_at bigint,
            expires_at bigint,
            type integer NOT NULL,
            attempt integer,
            failures integer NOT NULL DEFAULT 0,
            interruptions integer NOT NULL DEFAULT 0,
            priority smallint NOT NULL,
            error text
        ) WITH (fillfactor = 80)
        """,
        """
        CREATE INDEX open_deferred ON open (type, due, id) WHERE attempt IS NOT NULL
        """,
        """
        CREATE INDEX open_scheduled ON open (type, id) WHERE attempt IS NOT NULL AND due IS NOT NULL
        """,
        """
        CREATE INDEX open_expires ON open (expires, id) WHERE expires IS NOT NULL
        """,
        """
        CREATE INDEX open_absolute ON open (id) WHERE due_at IS NOT NULL OR expires_at IS NOT NULL
        """,
        """
        CREATE TABLE cursor (
            slot integer NOT NULL,
            type integer NOT NULL,
            priority smallint NOT NULL,
            id bigint NOT NULL,
            PRIMARY KEY (slot, type, priority)
        ) WITH (fillfactor = 20)
        """,
        """
        CREATE TABLE bulk_action (
            slot integer NOT NULL,
            id text COLLATE "C" NOT NULL,
            started bigint NOT NULL,
            has_ended boolean NOT NULL,
            action bytea NOT NULL,
            PRIMARY KEY (slot, id)
        )
        """,
    ]

    /// Payloads and results are not compressed: that costs more than all the rest, and parts of them are read.
    private static let partitions1 =
        (0..<keyPartitions).map { number in
            """
            CREATE TABLE submission_\(number) PARTITION OF submission FOR VALUES WITH (MODULUS \(keyPartitions), REMAINDER \(number))
            """
        } + [
            "ALTER TABLE task ALTER payload SET STORAGE EXTERNAL",
            "ALTER TABLE ending ALTER result SET STORAGE EXTERNAL",
            "CREATE TABLE task_below PARTITION OF task FOR VALUES FROM (MINVALUE) TO (0)",
            "CREATE TABLE ending_below PARTITION OF ending FOR VALUES FROM (MINVALUE) TO (0)",
            "CREATE TABLE attempt_below PARTITION OF attempt FOR VALUES FROM (MINVALUE) TO (0)",
            "INSERT INTO grid (version) VALUES (0)",
            "INSERT INTO type (id, name) VALUES (0, '')",
        ]

    /// What `\d+` of `psql` shows. Schema.sql says more.
    private static let comments1 = [
        ("grid", "One row: what the grid as a whole remembers, such as the version of these tables."),
        ("slot", "A row for each scheduler, of which there is one: its term, its clock, its counters and the highest id it has given."),
        ("lease", "Which dispatcher is the active one, and until when it need not renew that."),
        ("type", "The known types of tasks. The one with the number 0 stands for those that were forgotten."),
        ("counter", "How many tasks of each type were submitted, and how many ended in which way."),
        ("submission", "The submissions with their idempotency keys."),
        ("task", "What each task is, with its payload. A row is written once."),
        ("ending", "How each ended task has ended, with its result. A row is written once."),
        ("attempt", "Attempts that did not succeed."),
        ("block", "The blocks of 2^20 ids that have partitions of their own. The partitions …_below have what is left of lower ones."),
        ("open_range", "Neighbouring tasks of one type and priority, while any of them is open."),
        ("open", "Open tasks of which there is more to say than their range does, such as those that are due later."),
        ("cursor", "Up to which id the tasks in ranges have been handed out."),
        ("bulk_action", "Retries and cancellations of all tasks that a filter means."),
    ].map { "COMMENT ON TABLE \($0.0) IS '\($0.1)'" }
}
