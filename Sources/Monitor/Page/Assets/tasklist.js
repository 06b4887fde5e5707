// A list of tasks that moves on with the grid: asked for again every few seconds while the page is looked at.
import { element, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { counted, dayAndTime, fullTime, milliseconds, words, zone } from "./format.js";
import { Table } from "./table.js";
import { stateStyle } from "./states.js";
import { addressOf } from "./types.js";
import { workerAddress } from "./workers.js";

const columns = [
    { label: "Task", text: ({ id }) => String(id), href: ({ id }) => `#/tasks/${id}` },
    { label: "Type", text: ({ type }) => type, href: ({ type }) => addressOf(type) },
    { label: "State", text: ({ state }) => words(state), style: ({ state }) => stateStyle(state) },
    { label: `Accepted (${zone()})`, double: true, text: ({ created }) => dayAndTime(created), title: ({ created }) => fullTime(created) },
    { label: "Attempt", number: true, text: ({ attempt, max_attempts: most }) => (attempt === 0 ? "none yet" : `${attempt} of ${most}`), style: ({ attempt }) => (attempt === 0 ? "faint" : null) },
    { label: "Ran", number: true, text: (task) => milliseconds(task.run_ms), style: (task) => (task.run_ms === null ? "faint" : null) },
    { label: "Worker", long: true, text: ({ worker }) => worker ?? "", href: ({ worker }) => (worker ? workerAddress(worker) : null) },
    { label: "Error", wide: true, text: ({ error }) => error ?? "", title: ({ error }) => error, style: () => "clip" },
];

export class TaskList {
    #asking = new AbortController();
    #isAsking = false;

    /**
     * @param query what is asked for, as `/tasks` takes it.
     * @param empty what is said where there is none.
     * @param actions what stands beside what was found.
     * @param onPage called with the address of the next page, or null.
     */
    constructor({ title = null, query, limit, empty = "No tasks", actions = null, onPage = () => {} }) {
        Object.assign(this, { query, limit, onPage });
        this.hasTitle = title !== null;
        this.told = element("p", { class: "faint", role: "status" });
        // Below a title, all are of one type.
        const shown = this.hasTitle && query.type ? columns.filter(({ label }) => label !== "Type") : columns;
        this.table = new Table({ caption: "Tasks, the newest first", columns: shown, empty });
        this.table.element.hidden = true;
        const search = withQuery("/tasks", query);
        const head = this.hasTitle
            ? [element("div", { class: "head" }, element("h2", {}, title), element("a", { href: `#${search}`, class: "button small" }, "Search tasks")), this.told]
            : [element("div", { class: "head" }, this.told, actions)];
        this.element = element("section", { class: "card results", "aria-label": title ?? "Tasks found" }, ...head, this.table.element);
    }

    async load() {
        if (this.#isAsking) return;
        this.#isAsking = true;
        if (!this.hasTitle && this.told.textContent === "") setText(this.told, "Searching…");
        try {
            const { tasks, next } = await get(withQuery("/tasks", { ...this.query, limit: String(this.limit) }), this.#asking.signal);
            this.table.show(tasks, ({ id }) => id);
            this.table.element.hidden = tasks.length === 0 && next !== null;
            setText(this.told, tasks.length === 0 ? this.#none(next) : this.hasTitle ? "" : this.#found(tasks, next));
            this.onPage(next);
        } catch (error) {
            if (!this.#asking.signal.aborted) setText(this.told, `The tasks cannot be shown: ${error.message}`);
        } finally {
            this.#isAsking = false;
        }
    }

    #found(tasks, next) {
        return `${counted(tasks.length, "task")}, the newest first${this.query.after ? ", further back" : ""}${next ? "; there are more" : ""}`;
    }

    /** One search looks at a bounded number of tasks. */
    #none(next) {
        if (!next) return "";
        return this.hasTitle ? "None among the newest tasks of the grid" : "None so far: the search goes on further back";
    }

    leave() {
        this.#asking.abort();
    }
}
