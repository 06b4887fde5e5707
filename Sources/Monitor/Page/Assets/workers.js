// The workers: their table, and the page of all of them.
import { element, prose } from "./dom.js";
import { count, fullTime, seconds, words } from "./format.js";
import { Listing } from "./listing.js";
import { named } from "./types.js";

const styles = { alive: "good", quiet: "", draining: "", silent: "bad", left: "" };
const weights = { silent: 0, draining: 1, quiet: 1, alive: 2, left: 3 };

export const workerAddress = (id) => `#/workers/${encodeURIComponent(id)}`;
/** A worker's state in words: one that takes tasks is `live`, as the commands say. */
export const workerState = (state) => (state === "alive" ? "live" : words(state));
export const workerStyle = (state) => `chip ${styles[state] ?? ""}`.trim();
/** When a worker was last heard: in words that stay true while they stand. */
export const heard = ({ last_seen_seconds_ago: ago }) => (ago < 1.5 ? "on time" : `${seconds(Math.round(ago))} ago`);

const served = ({ types, type_count: all = types.length }) => types.join(", ") + (all > types.length ? ` and ${all - types.length} more` : "");

const columns = [
    {
        label: "Worker", by: ({ name }) => name, text: ({ name }) => name, href: ({ name }) => workerAddress(name),
        title: ({ pid, started }) => (started ? `process ${pid}, started ${fullTime(started)}` : `process ${pid}`),
    },
    { label: "State", by: ({ state }) => workerState(state), text: ({ state }) => workerState(state), style: ({ state }) => workerStyle(state), title: ({ left_reason: reason }) => reason },
    { label: "Types", double: true, by: served, text: served, style: () => "clip-line", title: served },
    { label: "Host", by: ({ host }) => host, text: ({ host }) => host, minor: true },
    { label: "Slots", number: true, by: ({ concurrency }) => concurrency, text: ({ concurrency }) => count(concurrency), minor: true, hint: "Tasks that it runs at a time, at most" },
    { label: "Running", number: true, by: ({ running_tasks: value }) => value, text: ({ running_tasks: value }) => count(value), hint: "Tasks that it runs now" },
    { label: "Succeeded attempts", number: true, by: ({ done }) => done, text: ({ done }) => count(done), hint: "Attempts that succeeded in it since it started" },
    {
        label: "Failed attempts", number: true, by: ({ failed }) => failed, text: ({ failed }) => count(failed), style: ({ failed }) => (failed > 0 ? "bad" : "faint"),
        hint: "Attempts that failed in it since it started; the tasks may have succeeded in another attempt",
    },
    { label: "Heartbeat", number: true, minor: true, by: ({ last_seen_seconds_ago: ago }) => ago, text: heard, hint: "When it was heard last" },
    { label: "Version", text: ({ version }) => version, style: () => "faint", minor: true },
];

/** The table of workers. */
export function workersListing({ id, title = "Workers", fold, all = null }) {
    return new Listing({
        id, title, noun: "worker", fold, all, columns,
        caption: "Each worker: what it serves, where, and what it has done",
        empty: prose("No workers yet: `taskgrid worker reverse`"),
        // One that is missed comes first, one that left last.
        order: (one, other) => (weights[one.state] ?? 2) - (weights[other.state] ?? 2) || one.name.localeCompare(other.name),
        found: ({ state, host, types }) => [workerState(state), host, ...types],
    });
}

/** The page of all workers. */
export class Workers {
    title = "Workers";

    constructor() {
        this.listing = workersListing({ id: "all-workers", title: "All workers", fold: 100 });
        this.element = element("div", { class: "page" }, element("h1", {}, "Workers"), this.listing.element);
    }

    take(grid) {
        if (grid) this.listing.show(named(grid.workers), grid.known_workers);
    }

    leave() {}
}
