extension Schemas {
    static let grid = #"""
        "WorkerState": {"enum": [\#(WorkerStatistics.State.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]},
        "Breaker": {"enum": ["closed", "open", "half_open"]},
        "Counts": {
        "type": "object", "additionalProperties": false,
        "required": ["submitted", "pending", "scheduled", "queued", "running", "succeeded", "failed", "cancelled", "expired"],
        "properties": {
        "submitted": {"type": "integer"}, "pending": {"type": "integer"}, "scheduled": {"type": "integer"}, "queued": {"type": "integer"},
        "running": {"type": "integer"}, "succeeded": {"type": "integer"}, "failed": {"type": "integer"},
        "cancelled": {"type": "integer"}, "expired": {"type": "integer"}
        }
        },
        "Ledger": {
        "type": "object", "additionalProperties": false, "required": ["submitted", "accounted_for", "balances"],
        "properties": {"submitted": {"type": "integer"}, "accounted_for": {"type": "integer"}, "balances": {"type": "boolean"}}
        },
        "Work": {
        "type": "object",
        "required": ["active_workers", "pending_tasks", "average_processing_time_ms", "p50_ms", "p95_ms", "p99_ms", "tasks", "ledger", "breaker", "paused", "throughput_per_second", "retried_attempts", "refused_results", "run_times", "total_times"],
        "properties": {
        "active_workers": {"type": "integer", "minimum": 0},
        "pending_tasks": {"type": "integer", "minimum": 0, "description": "Accepted and not running."},
        "average_processing_time_ms": {"$ref": "#/components/schemas/Milliseconds"},
        "p50_ms": {"$ref": "#/components/schemas/Milliseconds"}, "p95_ms": {"$ref": "#/components/schemas/Milliseconds"},
        "p99_ms": {"$ref": "#/components/schemas/Milliseconds"},
        "tasks": {"$ref": "#/components/schemas/Counts"}, "ledger": {"$ref": "#/components/schemas/Ledger"},
        "breaker": {"$ref": "#/components/schemas/Breaker"},
        "paused": {"type": "boolean", "description": "Of all types: whether that is so of one of them."},
        "throughput_per_second": {"type": "number", "minimum": 0}, "retried_attempts": {"type": "integer", "minimum": 0},
        "refused_results": {"type": "integer", "minimum": 0, "description": "Results of attempts that were never handed out."},
        "run_times": {"$ref": "#/components/schemas/LatencyWindows"}, "total_times": {"$ref": "#/components/schemas/LatencyWindows"}
        }
        },
        "Worker": {
        "type": "object", "additionalProperties": false,
        "required": ["state", "left_reason", "types", "host", "pid", "version", "concurrency", "prefetch", "batch", "started", "last_seen_seconds_ago", "running_tasks", "waiting_tasks", "done", "failed", "succeeded_since_monitor_start", "failed_since_monitor_start", "average_processing_time_ms"],
        "properties": {
        "state": {"$ref": "#/components/schemas/WorkerState"}, "left_reason": {"type": ["string", "null"]},
        "types": {"type": "array", "items": {"$ref": "#/components/schemas/TaskType"}}, "host": {"type": "string"},
        "pid": {"type": "integer"}, "version": {"type": "string"}, "concurrency": {"type": "integer"}, "prefetch": {"type": "integer"},
        "batch": {"type": "boolean"}, "started": {"$ref": "#/components/schemas/OptionalTime"}, "last_seen_seconds_ago": {"type": "number"},
        "running_tasks": {"type": "integer"}, "waiting_tasks": {"type": "integer"}, "done": {"type": "integer"},
        "failed": {"type": "integer"}, "succeeded_since_monitor_start": {"type": "integer"},
        "failed_since_monitor_start": {"type": "integer"}, "average_processing_time_ms": {"$ref": "#/components/schemas/Milliseconds"}
        }
        },
        "Workers": {
        "type": "object", "additionalProperties": false, "required": ["active_workers", "workers"],
        "properties": {
        "active_workers": {"type": "integer"},
        "workers": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Worker"}}
        }
        },
        "Alert": {
        "type": "object", "additionalProperties": false, "required": ["kind", "type", "worker", "since", "message"],
        "properties": {
        "kind": {"enum": [\#(Alert.Kind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]},
        "type": {"oneOf": [{"$ref": "#/components/schemas/TaskType"}, {"type": "null"}]}, "worker": {"type": ["string", "null"]},
        "since": {"$ref": "#/components/schemas/Time"}, "message": {"type": "string", "description": "What happened and what to do."}
        }
        },
        "GridEvent": {
        "type": "object", "additionalProperties": false, "required": ["kind", "service", "at", "message"],
        "properties": {
        "kind": {"enum": ["started", "stopped", "warning", "error"]}, "service": {"type": "string"},
        "at": {"$ref": "#/components/schemas/Time"}, "message": {"type": "string"}
        }
        },
        "Broker": {
        "type": "object", "additionalProperties": false, "required": ["connected", "blocked", "alarm", "problem"],
        "properties": {
        "connected": {"type": "boolean"}, "blocked": {"type": "boolean"}, "alarm": {"type": ["string", "null"]},
        "problem": {"type": ["string", "null"]}
        }
        },
        "Statistics": {
        "allOf": [{"$ref": "#/components/schemas/Work"}], "type": "object", "unevaluatedProperties": false,
        "required": ["types", "workers", "events", "alerts", "broker", "at", "since", "uptime_seconds", "store", "ignored_messages"],
        "properties": {
        "types": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Work"}},
        "workers": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Worker"}},
        "events": {"type": "array", "items": {"$ref": "#/components/schemas/GridEvent"}},
        "alerts": {"type": "array", "items": {"$ref": "#/components/schemas/Alert"}},
        "broker": {"$ref": "#/components/schemas/Broker"},
        "at": {"$ref": "#/components/schemas/Time"}, "since": {"$ref": "#/components/schemas/Time"},
        "uptime_seconds": {"type": "number"}, "store": {"type": ["string", "null"]}, "ignored_messages": {"type": "integer"}
        }
        },
        "Queues": {
        "type": "object", "additionalProperties": false, "required": ["queues", "cut", "broker"],
        "properties": {
        "queues": {
        "type": "object",
        "additionalProperties": {
        "type": "object", "additionalProperties": false, "required": ["exists", "messages", "consumers"],
        "properties": {"exists": {"type": "boolean"}, "messages": {"type": ["integer", "null"]}, "consumers": {"type": ["integer", "null"]}}
        }
        },
        "cut": {"type": "boolean"},
        "broker": {"$ref": "#/components/schemas/Broker"}
        }
        },
        "Health": {
        "type": "object", "additionalProperties": false,
        "required": ["service", "id", "version", "healthy", "standing", "reasons", "loops", "connections"],
        "properties": {
        "service": {"type": "string"}, "id": {"type": "string"}, "version": {"type": "string"}, "healthy": {"type": "boolean"},
        "standing": {"enum": ["starting", "standby", "serving", "stopping"]}, "reasons": {"type": "array", "items": {"type": "string"}},
        "loops": {"type": "array", "items": {"type": "object", "required": ["name", "state", "seconds"]}},
        "connections": {"type": "array", "items": {"type": "object", "required": ["name", "state", "seconds"]}}
        }
        }
        """#

    static let times = #"""
        "Milliseconds": {"type": ["number", "null"], "minimum": 0, "description": "Null where nothing was measured."},
        "Latency": {
        "type": "object", "additionalProperties": false, "required": ["count", "average_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms"],
        "properties": {
        "count": {"type": "integer", "minimum": 0}, "average_ms": {"$ref": "#/components/schemas/Milliseconds"},
        "p50_ms": {"$ref": "#/components/schemas/Milliseconds"}, "p95_ms": {"$ref": "#/components/schemas/Milliseconds"},
        "p99_ms": {"$ref": "#/components/schemas/Milliseconds"}, "max_ms": {"$ref": "#/components/schemas/Milliseconds"}
        }
        },
        "LatencyWindows": {
        "type": "object", "additionalProperties": false, "required": ["last_5_minutes", "since_start"],
        "properties": {
        "last_5_minutes": {"$ref": "#/components/schemas/Latency"}, "since_start": {"$ref": "#/components/schemas/Latency"}
        }
        }
        """#
}
