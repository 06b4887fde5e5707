// Throughput, tasks that wait and run times over the last five minutes, hour, day, week or month. The recorded history is asked for
// once, and again when an event shows that a further step is complete.
import { element, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { count, milliseconds, rate, seconds } from "./format.js";
import { Chart } from "./chart.js";
import { smoothed, width } from "./smooth.js";

const day = 86_400_000;
const windows = { "5m": ["5 min", 300_000], "1h": ["hour", 3_600_000], "1d": ["day", day], "1w": ["week", 7 * day], "30d": ["month", 30 * day] };
let window = "5m";

export class History {
    /** The grid's time now, and when to ask again. */
    #now = 0;
    #next = 0;
    #asking = null;

    /** @param type a type's name; null: of all types together, whose run times have nothing in common and are not shown. */
    constructor(type = null) {
        this.type = type;
        this.buttons = Object.entries(windows).map(([name, [label]]) =>
            element("button", { type: "button", "aria-pressed": String(name === window), onclick: () => this.#choose(name) }, label));
        this.problem = element("p", { class: "problem", role: "alert", hidden: true });
        this.throughput = new Chart({
            title: "Finished tasks per second", format: rate, empty: "No history yet: it fills while the monitor runs",
            series: [
                { name: "succeeded", style: "first", area: true, value: (point) => point.succeeded },
                { name: "failed", style: "bad", value: (point) => point.failed },
            ],
        });
        this.waiting = new Chart({
            title: "Tasks not running yet", format: count, isCount: true, empty: "No history yet: it fills while the monitor runs",
            series: [{ name: "at the end of each step", style: "first", area: true, value: (point) => point.waiting }],
        });
        this.runTime = type === null ? null : new Chart({
            title: "Run time of an attempt", format: milliseconds, empty: "No attempts in this time",
            series: [
                { name: "p50", style: "second", value: (point) => point.p50 },
                { name: "p95", style: "first", value: (point) => point.p95 },
            ],
        });
        const charts = [this.throughput, this.waiting, this.runTime].filter((chart) => chart !== null);
        this.element = element("section", { "aria-labelledby": "history-title" },
            element("div", { class: "head" }, element("h2", { id: "history-title" }, "History"),
                element("div", { class: "segments", role: "group", "aria-label": "Time range" }, ...this.buttons)),
            this.problem, element("div", { class: `charts of-${charts.length}` }, ...charts.map((chart) => chart.element)));
    }

    /** Moves on with the grid's time. */
    take(grid) {
        this.#now = Date.parse(grid.at);
        if (this.#now >= this.#next) this.load();
    }

    #choose(name) {
        window = name;
        for (const [index, one] of Object.keys(windows).entries()) this.buttons[index].setAttribute("aria-pressed", String(one === name));
        this.load();
    }

    /** Asks for the points of what is chosen; an older question that is still out is dropped. */
    async load() {
        this.#asking?.abort();
        const asking = new AbortController();
        this.#asking = asking;
        this.#next = Infinity;
        try {
            const history = await get(withQuery("/history", { window, type: this.type }), asking.signal);
            this.problem.hidden = true;
            this.#show(history);
        } catch (error) {
            if (asking.signal.aborted) return;
            this.#next = this.#now + 10_000;
            setText(this.problem, `The history cannot be shown: ${error.message}`);
            this.problem.hidden = false;
        }
    }

    #show({ points, step_seconds: step }) {
        const known = points.map((point) => (point.gap ? null : point));
        const ended = ({ succeeded, failed }) => succeeded + failed;
        const [p50, p95] = ["p50_ms", "p95_ms"].map((name) => smoothed(known, (point) => point[name], ended));
        const read = points.map(({ at, gap, covered_seconds: covered, succeeded, failed, waiting }, index) => (gap ? { at: Date.parse(at), gap } : {
            at: Date.parse(at), gap, missing: (step - covered) * 1000, succeeded: succeeded / covered, failed: failed / covered, waiting, p50: p50[index], p95: p95[index],
        }));
        const to = read.at(-1).at + step * 1000;
        const range = { from: to - windows[window][1], to, step: step * 1000 };
        this.throughput.show(read, range);
        this.waiting.show(read, range);
        this.runTime?.show(read, range, `, mean over ${seconds(step * width)}`);
        this.#next = to + step * 1000;
    }

    leave() {
        this.#asking?.abort();
    }
}
