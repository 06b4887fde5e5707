// The table of workers.
import { count, fullTime, seconds, words } from "./format.js";

const styles = { alive: "good", draining: "warn", silent: "bad", left: "" };

export const workersTable = (empty) => ({
    caption: "Each worker: what it serves, where, and what it has done",
    empty,
    columns: [
        { label: "Worker", text: ({ name }) => name, title: ({ pid, started }) => started ? `process ${pid}, started ${fullTime(started)}` : `process ${pid}` },
        { label: "State", text: ({ state }) => words(state), style: ({ state }) => `chip ${styles[state] ?? ""}`, title: ({ left_reason: reason }) => reason },
        { label: "Types", text: ({ types, type_count: all }) => types.join(", ") + (all > types.length ? ` and ${all - types.length} more` : "") },
        { label: "Host", text: ({ host }) => host },
        { label: "At a time", number: true, text: ({ concurrency }) => count(concurrency) },
        { label: "In flight", number: true, text: ({ running_tasks: value }) => count(value) },
        { label: "Done", number: true, text: ({ done }) => count(done) },
        { label: "Failed", number: true, text: ({ failed }) => count(failed), style: ({ failed }) => (failed > 0 ? "bad" : "faint") },
        { label: "Heartbeat", number: true, text: ({ last_seen_seconds_ago: value }) => (value < 1.5 ? "now" : `${seconds(Math.round(value))} ago`) },
        { label: "Version", text: ({ version }) => version, style: () => "faint" },
    ],
});
