// The types: their table, the page of all of them, and the actions that pause and resume one.
import { act } from "./ask.js";
import { element, prose } from "./dom.js";
import { count, dayAndTime, milliseconds, percent, rate, seconds } from "./format.js";
import { withQuery } from "./api.js";
import { Listing } from "./listing.js";

/** Tasks that could run now and do not run yet. */
export const waiting = ({ tasks }) => tasks.pending + tasks.queued;
/** How many seconds the oldest of them has waited; null where none waits. */
const age = ({ oldest_waiting_seconds: value }) => value ?? null;
/** The same in words. Where no task is pending or queued, a scheduled one should have begun: a breaker holds it back. */
export const oldest = (shown) => (age(shown) === null ? "pending and queued" : `${waiting(shown) > 0 ? "the oldest for" : "overdue for"} ${seconds(age(shown))}`);
/** The share of failed tasks among those that ended in the last five minutes, in words. */
export const failing = ({ outcomes }) => (typeof outcomes?.failure_rate === "number" ? `${percent(outcomes.failure_rate)} in five minutes` : "none ended in five minutes");
/** Whether nothing happens with a type. */
const isIdle = (type) => waiting(type) + type.tasks.running === 0 && !type.throughput_per_second;

const troubles = { no_worker: ["no worker", "bad"], failure_rate: ["failing", "bad"], backlog_grows: ["backlog grows", "warn"], oldest_waiting: ["late", "warn"] };

/** The state of a type: its words, the style of its chip, and how much it matters. */
export function standing(type) {
    const held = { open: "breaker open", half_open: "breaker half open" }[type.breaker];
    if (held) return { text: type.paused ? `paused, ${held}` : held, style: type.breaker === "open" ? "bad" : "warn", weight: 3 };
    if (type.paused) return { text: type.paused_until ? `paused until ${dayAndTime(type.paused_until)}` : "paused", style: "", weight: 2 };
    if (type.active_workers === 0 && type.alert !== "no_worker") return waiting(type) > 0 ? { text: "no worker", style: "bad", weight: 3 } : { text: "no worker", style: "", weight: 0 };
    const trouble = troubles[type.alert];
    return trouble ? { text: trouble[0], style: trouble[1], weight: 3 } : { text: "ok", style: "", weight: 0 };
}

/** The types that the grid tells, each with its name and the first alert about it. */
export function typesOf({ types, alerts = [] }) {
    const first = new Map(alerts.toReversed().filter(({ type }) => type).map(({ type, kind }) => [type, kind]));
    return named(types).map((type) => ({ ...type, alert: first.get(type.name) }));
}

export const addressOf = (name) => `#/types/${encodeURIComponent(name)}`;
export const named = (entries) => Object.entries(entries ?? {}).map(([name, entry]) => ({ name, ...entry }));

/** A column of numbers, which is sorted by the value that it shows. */
const number = (label, by, format, more = {}) => ({
    label, number: true, by, text: (row) => format(by(row)), style: (row) => (by(row) ? null : "faint"), ...more,
});
const ofState = (row, state) => `#${withQuery("/tasks", { type: row.name, state })}`;

const columns = [
    { label: "Type", by: ({ name }) => name, text: ({ name }) => name, href: ({ name }) => addressOf(name) },
    { label: "State", by: (type) => standing(type).text, text: (type) => standing(type).text, style: (type) => `chip ${standing(type).style}` },
    number("Waiting", waiting, count, { hint: "Tasks that could run now and do not run yet: pending and queued" }),
    number("Oldest", age, seconds, { hint: "How long the oldest task that could run has waited" }),
    number("Running", ({ tasks }) => tasks.running, count, { hint: "Tasks that workers run now" }),
    number("Failed", ({ tasks }) => tasks.failed, count, { hint: "Tasks that ended as failed and were not retried since", href: (row) => ofState(row, "failed"), style: ({ tasks }) => (tasks.failed > 0 ? "bad" : "faint") }),
    number("Finished /s", ({ throughput_per_second: value }) => value, rate, { hint: "Tasks that succeeded or failed per second, over the last minute" }),
    number("Failing", ({ outcomes }) => outcomes?.failure_rate ?? null, percent, { hint: "Failures among the endings of tasks in the last five minutes; a task that was retried counts each time", style: ({ outcomes }) => (outcomes?.failure_rate > 0 ? "bad" : "faint") }),
    number("In queue p95", ({ queue_p95_ms: value }) => value ?? null, milliseconds, { hint: "Time from when a task could run to when it ran; 95 of 100 were faster; over five minutes" }),
    number("Run p95", ({ p95_ms: value }) => value, milliseconds, { hint: "How long an attempt ran; 95 of 100 were faster; over five minutes" }),
    number("Workers", ({ active_workers: value }) => value ?? null, count, { hint: "Workers that run this type" }),
    { label: "", button: ({ name, paused }) => pauseButton(name, paused) },
];

/** The table of types. */
export function typesListing({ fold, all }) {
    return new Listing({
        id: all ? "types" : "all-types", title: all ? "Types" : "All types", noun: "type", fold, all, columns,
        caption: "Each type of task: its state, its tasks, its times, its workers",
        empty: prose("No tasks yet: `taskgrid run reverse hello`"),
        // A type that is held back comes first, one with which nothing happens last; the others are in the order of their names.
        order: (one, other) => standing(other).weight - standing(one).weight || isIdle(one) - isIdle(other) || one.name.localeCompare(other.name),
        found: (type) => [standing(type).text],
    });
}

/** The page of all types. */
export class Types {
    title = "Types";

    constructor() {
        this.listing = typesListing({ fold: 100 });
        this.element = element("div", { class: "page" }, element("h1", {}, "Types"), this.listing.element);
    }

    take(grid) {
        if (grid) this.listing.show(typesOf(grid), grid.known_types);
    }

    leave() {}
}

/** For how long a type can be paused here. */
const pauseTimes = { name: "for", label: "How long", options: [["", "Until it is resumed"], ["15m", "15 minutes"], ["1h", "1 hour"], ["8h", "8 hours"], ["1d", "1 day"]] };

/** The button that pauses a type, or resumes it. */
export function pauseButton(name, isPaused) {
    const path = `/types/${encodeURIComponent(name)}/${isPaused ? "resume" : "pause"}`;
    const question = isPaused
        ? { title: `Resume ${name}?`, yes: "Resume", text: "Its waiting tasks are handed out again." }
        : { title: `Pause ${name}?`, yes: "Pause", text: "None of its tasks is handed out meanwhile. Tasks that the workers hold go on.", choice: pauseTimes };
    return { text: question.yes, label: `${question.yes} ${name}`, onclick: () => act(path, question) };
}
