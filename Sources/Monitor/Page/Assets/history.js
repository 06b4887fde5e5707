// Throughput and latency over the last five minutes, hour, day, week or month, of all types or one. The recorded history is asked for
// once, and again when an event shows that a further step is complete.
import { element, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { milliseconds, rate } from "./format.js";
import { Chart } from "./chart.js";

const day = 86_400_000;
const windows = { "5m": ["5 min", 300_000], "1h": ["hour", 3_600_000], "1d": ["day", day], "1w": ["week", 7 * day], "30d": ["month", 30 * day] };

export class History {
    #window = "5m";
    #type = "";
    /** The grid's time now, and when to ask again. */
    #now = 0;
    #next = 0;
    #asking = null;

    constructor() {
        this.buttons = Object.entries(windows).map(([name, [label]]) =>
            element("button", { type: "button", "aria-pressed": String(name === this.#window), onclick: () => this.#choose({ window: name }) }, label));
        this.choice = element("select", { "aria-label": "Type", onchange: () => this.#choose({ type: this.choice.value }) }, element("option", { value: "" }, "all types"));
        this.problem = element("p", { class: "problem", role: "alert", hidden: true });
        this.throughput = new Chart({
            title: "Tasks per second", format: rate, empty: "No history yet: it fills while the monitor runs",
            series: [
                { name: "succeeded", style: "first", area: true, value: (point) => point.succeeded },
                { name: "failed", style: "bad", value: (point) => point.failed },
            ],
        });
        this.latency = new Chart({
            title: "Run time", format: milliseconds, empty: "No attempts in this time",
            series: [
                { name: "p50", style: "second", value: (point) => point.p50 },
                { name: "p95", style: "first", value: (point) => point.p95 },
            ],
        });
        this.element = element("section", { "aria-labelledby": "history-title" },
            element("div", { class: "head" }, element("h2", { id: "history-title" }, "History"),
                element("div", { class: "choices" }, this.choice, element("div", { class: "segments", role: "group", "aria-label": "Time range" }, ...this.buttons))),
            this.problem, element("div", { class: "two" }, this.throughput.element, this.latency.element));
    }

    /** Moves on with the grid's time. */
    take(grid) {
        // The chosen type stays, though others may be busier by now.
        const names = [...new Set(["", this.#type, ...Object.keys(grid.types ?? {})])].sort();
        const options = [...this.choice.options].map(({ value }) => value);
        if (names.join() !== options.join()) {
            this.choice.replaceChildren(...names.map((name) => element("option", { value: name, selected: name === this.#type }, name || "all types")));
        }
        this.#now = Date.parse(grid.at);
        if (this.#now >= this.#next) this.load();
    }

    #choose({ window = this.#window, type = this.#type }) {
        this.#window = window;
        this.#type = type;
        for (const [index, name] of Object.keys(windows).entries()) this.buttons[index].setAttribute("aria-pressed", String(name === window));
        this.load();
    }

    /** Asks for the points of what is chosen; an older question that is still out is dropped. */
    async load() {
        this.#asking?.abort();
        const asking = new AbortController();
        this.#asking = asking;
        this.#next = Infinity;
        try {
            const history = await get(withQuery("/history", { window: this.#window, type: this.#type }), asking.signal);
            this.problem.hidden = true;
            this.#show(history);
        } catch (error) {
            if (asking.signal.aborted) return;
            this.#next = this.#now + 10_000;
            setText(this.problem, `The history cannot be shown: ${error.message}`);
            this.problem.hidden = false;
        }
    }

    #show({ points, step_seconds: seconds }) {
        const step = seconds * 1000;
        const read = points.map(({ at, gap, covered_seconds: covered, succeeded, failed, p50_ms: p50, p95_ms: p95 }) => gap ? { at: Date.parse(at), gap } : {
            at: Date.parse(at), gap, missing: (seconds - covered) * 1000, succeeded: succeeded / covered, failed: failed / covered, p50, p95,
        });
        const to = read.at(-1).at + step;
        const range = { from: to - windows[this.#window][1], to, step };
        this.throughput.show(read, range);
        this.latency.show(read, range);
        this.#next = to + step;
    }

    leave() {
        this.#asking?.abort();
    }
}
