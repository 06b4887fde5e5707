// One type: how it stands, its history, its workers, and its latest tasks.
import { element, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { count, counted, dayAndTime, milliseconds, rate } from "./format.js";
import { FailureList } from "./failures.js";
import { Figures } from "./figures.js";
import { History } from "./history.js";
import { TaskList } from "./tasklist.js";
import { failing, oldest, pauseButton, standing, typesOf, waiting } from "./types.js";
import { sentence } from "./message.js";
import { workersListing } from "./workers.js";

/** How often what the stream of events does not tell is asked for, in milliseconds. */
const interval = 5000;
const figures = [
    ["Finished per second", (type) => rate(type.throughput_per_second), (type) => `${count(type.tasks.succeeded)} succeeded in all`],
    ["Time in queue, p95", (type) => milliseconds(type.queue_p95_ms), (type) => `p50 ${milliseconds(type.queue_p50_ms)}`],
    ["Run time, p95", (type) => milliseconds(type.p95_ms), (type) => `p50 ${milliseconds(type.p50_ms)}`],
    ["Waiting", (type) => count(waiting(type)), oldest],
    ["Running", (type) => count(type.tasks.running), (type) => `with ${counted(type.active_workers, "worker")}`],
    ["Failed tasks", (type) => count(type.tasks.failed), failing],
];

export class Type {
    #asking = new AbortController();
    #asked = -Infinity;

    constructor(name) {
        this.name = name;
        this.title = `Type ${name}`;
        this.state = element("span", { class: "chip", hidden: true });
        this.pause = element("button", { type: "button", hidden: true });
        this.note = element("p", { class: "faint", hidden: true });
        this.problem = element("p", { class: "problem", role: "alert", hidden: true });
        this.figures = new Figures(figures);
        this.history = new History(name);
        this.failures = new FailureList({ id: `failures-of-${name}`, title: "Errors in the last day", query: { type: name, since: "-1d" }, fold: 5, all: `#${withQuery("/failures", { type: name, since: "-1d" })}` });
        this.workers = workersListing({ id: `workers-of-${name}`, fold: 10 });
        this.tasks = new TaskList({ title: "Latest tasks", query: { type: name }, limit: 10 });
        this.body = element("div", { class: "page", hidden: true }, this.figures.element, this.history.element, this.failures.element, this.workers.element, this.tasks.element);
        this.element = element("div", { class: "page" }, element("p", { class: "back" }, element("a", { href: "#/types" }, "← Types")),
            element("div", { class: "head" }, element("h1", {}, name, " ", this.state), element("div", { class: "buttons" }, this.pause)),
            this.note, this.problem, this.body);
        this.load();
    }

    take(grid, isLive) {
        if (!grid || !isLive) return;
        const row = typesOf(grid).find(({ name }) => name === this.name);
        this.failures.take(grid, row?.tasks.failed);
        if (row) this.#show(row);
        else if (grid.known_types <= Object.keys(grid.types ?? {}).length) this.#miss();
        this.history.take(grid);
        if (document.hidden || performance.now() - this.#asked < interval) return;
        this.load(!row);
    }

    /** @param all whether the type is not among those that the stream of events tells. */
    async load(all = false) {
        this.#asked = performance.now();
        this.tasks.load();
        try {
            const { workers } = await get(withQuery("/workers", { type: this.name }), this.#asking.signal);
            this.workers.show(Object.entries(workers).map(([name, worker]) => ({ name, ...worker })));
            if (!all) return;
            const { types } = await get("/types", this.#asking.signal);
            if (types[this.name]) this.#show(types[this.name]);
            else this.#miss();
        } catch (error) {
            if (this.#asking.signal.aborted) return;
            setText(this.problem, sentence(error.message));
            this.problem.hidden = false;
        }
    }

    #show(type) {
        const { text, style } = standing(type);
        setText(this.state, text);
        this.state.className = `chip ${style}`;
        this.state.hidden = false;
        const button = pauseButton(this.name, type.paused);
        setText(this.pause, button.text);
        this.pause.setAttribute("aria-label", button.label);
        this.pause.onclick = button.onclick;
        this.pause.hidden = false;
        setText(this.note, `It is paused: none of its tasks is handed out until ${type.paused_until ? dayAndTime(type.paused_until) : "it is resumed"}.`);
        this.note.hidden = !type.paused;
        this.problem.hidden = true;
        this.figures.show(type);
        this.body.hidden = false;
    }

    #miss() {
        setText(this.problem, `The grid knows no type “${this.name}”: no worker runs it, and it has no tasks.`);
        this.problem.hidden = false;
        this.body.hidden = true;
        this.state.hidden = true;
        this.pause.hidden = true;
    }

    leave() {
        this.#asking.abort();
        this.history.leave();
        this.tasks.leave();
        this.failures.leave();
    }
}
