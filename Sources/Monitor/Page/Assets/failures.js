// Failed tasks, grouped by type and by error: how many there are of each, and what is done with all of a group.
import { element, prose, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { count, counted, dayAndTime, fullTime, zone } from "./format.js";
import { bulk } from "./bulk.js";
import { Listing } from "./listing.js";
import { addressOf } from "./types.js";

/** How often the groups are asked for again, in milliseconds: each time the dispatcher searches. */
const interval = 10_000;
export const spans = { "-10m": "in the last 10 minutes", "-1h": "in the last hour", "-1d": "in the last day", "-7d": "in the last week", "": "at any time" };

const tasksOf = ({ type, error }) => `#${withQuery("/tasks", { type, state: "failed", error_group: error })}`;

/** A list of the groups that a query finds, the largest first. */
export class FailureList {
    #asking = new AbortController();
    #asked = -Infinity;
    #isAsking = false;

    /**
     * @param query what is asked for, as `/failures` takes it.
     * @param all the address of the page that shows all; without it, the rest is unfolded in place.
     * @param onTotal called with the number of failed tasks that were found.
     */
    constructor({ id, title, query, fold, all = null, onTotal = () => {} }) {
        Object.assign(this, { query, onTotal });
        const columns = [
            { label: "Error", wide: true, by: ({ error }) => error, text: ({ error }) => error, href: tasksOf, title: ({ example }) => `Such as: ${example}` },
            query.type ? null : { label: "Type", by: ({ type }) => type, text: ({ type }) => type, href: ({ type }) => addressOf(type) },
            { label: "Failed tasks", number: true, by: ({ count: value }) => value, text: ({ count: value }) => count(value), style: () => "bad" },
            { label: `Last (${zone()})`, double: true, by: ({ last }) => last, text: ({ last }) => dayAndTime(last), title: ({ last }) => fullTime(last) },
            { label: "Newest", minor: true, text: ({ newest }) => newest, href: ({ newest }) => `#/tasks/${newest}` },
            { label: "", button: (group) => this.#button(group) },
        ].filter((column) => column !== null);
        this.listing = new Listing({
            id, title, noun: "error", fold, all, columns, empty: "No failed tasks", caption: "Failed tasks by their error",
            order: (one, other) => other.count - one.count || one.name.localeCompare(other.name), found: ({ example }) => [example],
        });
        this.problem = element("p", { class: "problem", hidden: true });
        this.rest = element("p", { class: "faint", hidden: true });
        this.element = this.listing.element;
        this.element.append(this.problem, this.rest);
    }

    #button({ type, error, count: value }) {
        return {
            text: `Retry ${count(value)}`, label: `Retry the ${counted(value, "failed task")} of type ${type} with ${error}`,
            onclick: () => bulk("retry", { type, state: "failed", error_group: error, since: this.query.since, until: this.query.until }, `of type ${type} that failed with “${error}”`),
        };
    }

    /** Moves on with the grid, while there are failed tasks. */
    take(grid, failed = grid.tasks.failed) {
        if (document.hidden || performance.now() - this.#asked < interval) return;
        if (failed > 0) this.load();
        else this.#show([], 0);
    }

    async load() {
        if (this.#isAsking) return;
        this.#isAsking = true;
        this.#asked = performance.now();
        try {
            const { groups, total, others, next } = await get(withQuery("/failures", this.query), this.#asking.signal);
            this.#show(groups.map((group) => ({ name: `${group.type}: ${group.error}`, ...group })), total);
            const rest = [others > 0 ? `${counted(others, "failed task")} more have other errors.` : null, next ? `The newest ${count(total)} were looked at; older ones are not counted.` : null];
            setText(this.rest, rest.filter((text) => text !== null).join(" "));
            this.rest.hidden = this.rest.textContent === "";
            this.problem.hidden = true;
        } catch (error) {
            if (this.#asking.signal.aborted) return;
            setText(this.problem, `The failures cannot be shown: ${error.message}`);
            this.problem.hidden = false;
        } finally {
            this.#isAsking = false;
        }
    }

    #show(groups, total) {
        this.listing.show(groups);
        this.onTotal(total);
    }

    leave() {
        this.#asking.abort();
    }
}

/** The page of all failures: what is asked stands in the address. */
export class Failures {
    title = "Failures";

    constructor(parameters) {
        const { type = "", since = "-1h", text = "" } = Object.fromEntries(parameters);
        const when = element("select", { "aria-label": "Ended", onchange: () => { location.hash = `#${withQuery("/failures", { type, text, since: when.value || "any" })}`; } },
            ...Object.entries(spans).map(([value, label]) => element("option", { value, selected: value === (since === "any" ? "" : since) }, `ended ${label}`)));
        const query = { type, text, since: since === "any" ? "" : since };
        this.list = new FailureList({ id: "all-failures", title: "Errors", query, fold: 100, onTotal: (total) => { retry.hidden = total === 0; } });
        const retry = element("button", { type: "button", class: "primary", hidden: true, onclick: () => bulk("retry", { ...query, state: "failed" }, [type && `of type ${type}`, "that failed", spans[query.since]].filter(Boolean).join(" ")) }, "Retry all…");
        this.element = element("div", { class: "page" },
            element("div", { class: "head" }, element("h1", {}, "Failures", type ? ` of ${type}` : ""), element("div", { class: "buttons" }, when, retry)),
            element("p", { class: "faint" }, ...prose("Errors that differ only in numbers, ids or quoted texts are one group: `#` and `…` stand for these parts.")), this.list.element);
        this.list.load();
    }

    take(grid, isLive) {
        if (grid && isLive) this.list.take(grid);
    }

    leave() {
        this.list.leave();
    }
}
