/// What the answers look like, as JSON Schema (draft 2020-12): each has every member, always.
enum Schemas {
    static let tasks = #"""
        "TaskType": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$"},
        "TaskID": {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
        "TaskState": {"enum": ["pending", "scheduled", "queued", "running", "succeeded", "failed", "cancelled", "expired"]},
        "Time": {"type": "string", "description": "RFC 3339 in UTC, with milliseconds."},
        "OptionalTime": {"type": ["string", "null"]},
        "Moment": {
        "type": "string",
        "description": "How long ago, such as -1h or 15m (ms, s, m, h, d), or a date, or a date and a time, in UTC unless a zone follows.",
        "pattern": "^(-?[0-9]{1,4}(ms|s|m|h|d)|(19[7-9][0-9]|20[0-9][0-9])-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,3})?)?(Z|[+-]0[0-9]:[0-5][0-9])?)?)$"
        },
        "Content": {
        "type": "object", "additionalProperties": false, "required": ["bytes", "text", "base64", "cut"],
        "description": "Up to 64 KiB: as text where it is UTF-8, else as base64.",
        "properties": {
        "bytes": {"type": "integer", "minimum": 0, "description": "How many there are."},
        "text": {"type": ["string", "null"]}, "base64": {"type": ["string", "null"]},
        "cut": {"type": "boolean", "description": "Whether less is shown than there is."}
        }
        },
        "Attempt": {
        "type": "object", "additionalProperties": false,
        "required": ["number", "worker", "started", "ended", "run_ms", "outcome", "error"],
        "properties": {
        "number": {"type": "integer", "minimum": 1}, "worker": {"type": ["string", "null"]},
        "started": {"$ref": "#/components/schemas/OptionalTime"}, "ended": {"$ref": "#/components/schemas/OptionalTime"},
        "run_ms": {"type": ["number", "null"], "minimum": 0},
        "outcome": {"enum": ["running", "succeeded", "failed", "timed_out", "interrupted", "lost", "cancelled"]},
        "error": {"type": ["string", "null"]}
        }
        },
        "TaskSummary": {
        "type": "object",
        "required": ["id", "type", "state", "created", "completed", "attempt", "max_attempts", "worker", "error", "run_ms"],
        "properties": {
        "id": {"$ref": "#/components/schemas/TaskID"}, "type": {"$ref": "#/components/schemas/TaskType"},
        "state": {"$ref": "#/components/schemas/TaskState"}, "created": {"$ref": "#/components/schemas/Time"},
        "completed": {"$ref": "#/components/schemas/OptionalTime"},
        "attempt": {"type": "integer", "minimum": 0, "description": "The number of the latest hand-out; 0 before the first."},
        "max_attempts": {"type": "integer", "minimum": 1}, "worker": {"type": ["string", "null"]}, "error": {"type": ["string", "null"]},
        "run_ms": {"type": ["number", "null"], "minimum": 0, "description": "How long the last attempt ran, of a task that has ended."}
        }
        },
        "Task": {
        "allOf": [{"$ref": "#/components/schemas/TaskSummary"}], "type": "object", "unevaluatedProperties": false,
        "required": ["payload", "result", "attempts", "priority", "due", "expires", "timeout_ms", "backoff"],
        "properties": {
        "payload": {"$ref": "#/components/schemas/Content"},
        "result": {"oneOf": [{"$ref": "#/components/schemas/Content"}, {"type": "null"}]},
        "attempts": {"type": "array", "maxItems": 102, "items": {"$ref": "#/components/schemas/Attempt"}, "description": "The first one first; of very many the latest."},
        "priority": {"type": "integer", "minimum": 0, "maximum": 9},
        "due": {"$ref": "#/components/schemas/OptionalTime"}, "expires": {"$ref": "#/components/schemas/OptionalTime"},
        "timeout_ms": {"type": ["integer", "null"], "minimum": 0},
        "backoff": {"type": ["string", "null"], "description": "How long it waits after a failed attempt; null: the dispatcher's default."}
        }
        },
        "Tasks": {
        "type": "object", "additionalProperties": false, "required": ["tasks", "next"],
        "properties": {
        "tasks": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/TaskSummary"}], "unevaluatedProperties": false}},
        "next": {"oneOf": [{"$ref": "#/components/schemas/TaskID"}, {"type": "null"}], "description": "What `after` is on the next page; null on the last."}
        }
        },
        "TaskAction": {
        "type": "object", "additionalProperties": false, "required": ["id", "outcome", "message"],
        "properties": {
        "id": {"$ref": "#/components/schemas/TaskID"}, "outcome": {"enum": ["cancelled", "retried"]},
        "message": {"type": "string", "description": "A sentence that says what happened."}
        }
        },
        "TypeAction": {
        "type": "object", "additionalProperties": false, "required": ["type", "paused", "message"],
        "properties": {
        "type": {"$ref": "#/components/schemas/TaskType"}, "paused": {"type": "boolean"},
        "message": {"type": "string", "description": "A sentence that says what happened."}
        }
        },
        "TypeWork": {
        "allOf": [{"$ref": "#/components/schemas/Work"}], "type": "object", "unevaluatedProperties": false, "required": ["workers"],
        "properties": {"workers": {"type": "array", "items": {"type": "string"}, "description": "The ids of those that hold a lease."}}
        },
        "Types": {
        "type": "object", "additionalProperties": false, "required": ["types"],
        "properties": {"types": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/TypeWork"}}}
        },
        "Point": {
        "type": "object", "additionalProperties": false, "required": ["at", "gap"],
        "description": "A step; where no monitor ran, `gap` is true and there is nothing else but `at`.",
        "properties": {
        "at": {"$ref": "#/components/schemas/Time"}, "gap": {"type": "boolean"},
        "covered_seconds": {"type": "integer", "minimum": 0, "description": "For how much of it a monitor ran."}, "submitted": {"type": "integer", "minimum": 0},
        "succeeded": {"type": "integer", "minimum": 0}, "failed": {"type": "integer", "minimum": 0},
        "cancelled": {"type": "integer", "minimum": 0}, "expired": {"type": "integer", "minimum": 0},
        "waiting": {"type": "integer", "minimum": 0}, "running": {"type": "integer", "minimum": 0},
        "workers": {"type": "integer", "minimum": 0}, "p50_ms": {"$ref": "#/components/schemas/Milliseconds"},
        "p95_ms": {"$ref": "#/components/schemas/Milliseconds"}
        }
        },
        "History": {
        "type": "object", "additionalProperties": false, "required": ["type", "window", "step_seconds", "points"],
        "properties": {
        "type": {"oneOf": [{"$ref": "#/components/schemas/TaskType"}, {"type": "null"}]}, "window": {"type": "string"},
        "step_seconds": {"type": "integer", "minimum": 1},
        "points": {"type": "array", "items": {"$ref": "#/components/schemas/Point"}, "description": "The oldest first."}
        }
        },
        "Scale": {
        "type": "object", "additionalProperties": false,
        "required": ["waiting", "rate_per_second", "seconds_to_drain", "workers", "workers_wanted"],
        "properties": {
        "waiting": {"type": "integer", "minimum": 0}, "rate_per_second": {"type": "number", "minimum": 0},
        "seconds_to_drain": {"type": ["number", "null"], "minimum": 0, "description": "Null where tasks wait and none ends."},
        "workers": {"type": "integer", "minimum": 0}, "workers_wanted": {"type": "integer", "minimum": 0}
        }
        },
        "Scales": {
        "type": "object", "additionalProperties": false, "required": ["types"],
        "properties": {"types": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Scale"}}}
        },
        "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
        "Problem": {
        "type": "object", "additionalProperties": false, "required": ["type", "title", "status", "detail"],
        "description": "RFC 9457.",
        "properties": {
        "type": {"const": "about:blank"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what to do."}
        }
        }
        """#
}
