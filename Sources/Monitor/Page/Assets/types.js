// The table of types, and the action that pauses one.
import { act } from "./ask.js";
import { count, milliseconds, rate, words } from "./format.js";
import { withQuery } from "./api.js";

const number = (label, text) => ({ label, number: true, text, style: (row) => (text(row) === "0" ? "faint" : null) });
const state = (label, name) => ({
    ...number(label, ({ tasks }) => count(tasks[name])), href: (row) => `#${withQuery("/tasks", { type: row.name, state: name })}`,
});

export const typesTable = (empty) => ({
    caption: "Each type of task: its tasks by state, its rate, its run times, its workers",
    empty,
    columns: [
        { label: "Type", text: ({ name }) => name, href: ({ name }) => `#${withQuery("/tasks", { type: name })}` },
        state("Waiting", "pending"),
        state("Scheduled", "scheduled"),
        state("Queued", "queued"),
        state("Running", "running"),
        state("Succeeded", "succeeded"),
        { ...state("Failed", "failed"), style: ({ tasks }) => (tasks.failed > 0 ? "bad" : "faint") },
        number("Per second", ({ throughput_per_second: value }) => rate(value)),
        number("p50", ({ p50_ms: value }) => milliseconds(value)),
        number("p95", ({ p95_ms: value }) => milliseconds(value)),
        number("Workers", ({ active_workers: value }) => count(value)),
        {
            label: "Breaker",
            text: ({ breaker, paused }) => [paused ? "paused" : null, paused && breaker === "closed" ? null : words(breaker)].filter(Boolean).join(", "),
            style: ({ breaker, paused }) => `chip ${{ open: "bad", half_open: "warn" }[breaker] ?? (paused ? "warn" : "")}`,
            title: ({ breaker }) => `The circuit breaker is ${words(breaker)}`,
        },
        { label: "", button: ({ name, paused }) => (paused ? resume(name) : pause(name)) },
    ],
});

const pause = (name) => ({
    text: "Pause", label: `Pause ${name}`,
    onclick: () => act(`/types/${encodeURIComponent(name)}/pause`, {
        title: `Pause ${name}?`, yes: "Pause",
        text: "None of its tasks is handed out until it is resumed. Tasks that the workers hold go on.",
    }),
});

const resume = (name) => ({
    text: "Resume", label: `Resume ${name}`,
    onclick: () => act(`/types/${encodeURIComponent(name)}/resume`, {
        title: `Resume ${name}?`, yes: "Resume", text: "Its waiting tasks are handed out again.",
    }),
});
