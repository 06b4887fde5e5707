// A chart over time: lines, an axis each, gaps left open, and the values under the pointer or the arrow keys.
import { element, setText, svg } from "./dom.js";
import { dayAndMinute, dayOfMonth, hourAndMinute, seconds, timeOfDay, trimmed } from "./format.js";
import { ordinary, roof, ticks, timeTicks } from "./scale.js";

const height = 190;
const notRun = "The monitor did not run";
let charts = 0;
const margin = { left: 52, right: 10, top: 10, bottom: 24 };

export class Chart {
    #points = [];
    #range = { from: 0, to: 1, step: 1 };
    #cursor = null;
    #width = 600;

    /**
     * @param series what is drawn: each with a `name`, a `style` (a class), `value` of a point (null: none) and `area`.
     * @param format a value as text.
     * @param isCount whether values are counts, so that the axis has whole numbers alone.
     */
    constructor({ title, series, format, empty, isCount = false }) {
        this.series = series;
        this.title = element("h3", {}, title);
        this.name = title;
        this.format = format;
        this.isCount = isCount;
        this.empty = empty;
        this.drawing = svg("svg", { height, "aria-hidden": "true" });
        this.note = element("p", { class: "note", hidden: true }, element("span", {}, empty));
        this.time = element("span", { class: "at" });
        // Read out by the arrow keys.
        this.told = element("p", { class: "hidden", role: "status" });
        charts += 1;
        this.hatch = `hatch-${charts}`;
        this.values = series.map(() => element("strong", {}));
        this.plot = element("div", {
            class: "plot", tabindex: "0", role: "group", "aria-label": `${title}. Arrow keys read the values.`,
            onpointermove: (event) => this.#point(event.clientX), onpointerleave: () => this.#move(null),
            onkeydown: (event) => this.#key(event), onblur: () => this.#move(null),
        }, this.drawing, this.note, this.told);
        const legend = series.map(({ name, style }, index) =>
            element("span", { class: `key ${style}` }, element("i", { "aria-hidden": "true" }), `${name} `, this.values[index]));
        this.element = element("figure", { class: "card chart" },
            element("figcaption", {}, this.title, element("p", { class: "legend" }, ...legend, this.time)), this.plot);
        this.observer = new ResizeObserver(([entry]) => {
            const width = Math.floor(entry.contentRect.width);
            if (width > 0 && width !== this.#width) {
                this.#width = width;
                this.#draw();
            }
        });
        this.observer.observe(this.plot);
    }

    /** Shows points (`at` in milliseconds since 1970, `gap`, how much of one that is none is `missing`, oldest first) over a range of `from`, `to` and `step`, also in milliseconds; `note` follows the title. */
    show(points, range, note = "") {
        setText(this.title, this.name + note);
        const held = this.#cursor === null ? null : this.#points[this.#cursor]?.at;
        this.#points = points;
        this.#range = range;
        const index = points.findIndex(({ at }) => at === held);
        this.#cursor = index < 0 ? null : index;
        this.#draw();
    }

    #x(at) {
        const { from, to } = this.#range;
        return margin.left + ((at - from) / (to - from)) * (this.#width - margin.left - margin.right);
    }

    #draw() {
        const known = this.#points.filter((point) => !point.gap);
        const top = roof(Math.max(0, ...this.series.map(({ value }) => ordinary(known.map((point) => value(point) ?? 0)))), this.isCount);
        // A value far above all others ends at the top, where it is written.
        const y = (value) => height - margin.bottom - Math.min(1, value / top) * (height - margin.top - margin.bottom);
        this.y = y;
        this.cursor = svg("g", { class: "cursor" });
        this.drawing.setAttribute("width", this.#width);
        this.drawing.replaceChildren(hatch(this.hatch), ...this.#axes(top, y), ...this.#gaps(y), ...this.series.flatMap((line) => this.#line(line, y)), ...this.#peaks(known, top), this.cursor);
        this.note.hidden = known.some((point) => this.series.some(({ value }) => value(point) !== null));
        this.#read();
    }

    #axes(top, y) {
        const right = this.#width - margin.right;
        const levels = ticks(top, this.isCount).flatMap((value) => [
            svg("line", { class: "grid", x1: margin.left, x2: right, y1: y(value), y2: y(value) }),
            svg("text", { class: "label", x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, value === 0 ? "0" : trimmed(this.format(value))),
        ]);
        const times = timeTicks(this.#range, Math.max(2, Math.floor((right - margin.left) / 72))).map((at) =>
            svg("text", { class: "label", x: this.#x(at), y: height - 6, "text-anchor": "middle" }, this.#isLong ? dayOfMonth(at) : hourAndMinute(at)));
        return [...levels, ...times];
    }

    /** Whether days are told apart, not minutes. */
    get #isLong() {
        return this.#range.to - this.#range.from > 172_800_000;
    }

    /** The times in which the monitor did not run, or not all the time. */
    #gaps(y) {
        const { step } = this.#range;
        const gaps = [];
        for (const { at, gap, missing } of this.#points) {
            if (!gap && !missing) continue;
            const open = gaps.at(-1);
            if (open && open.to >= at) open.to = at + step;
            else gaps.push({ from: at, to: at + step });
        }
        const middle = (margin.top + y(0)) / 2;
        return gaps.flatMap(({ from, to }) => {
            const [x, width] = [this.#x(from), Math.max(2, this.#x(to) - this.#x(from))];
            const area = svg("rect", { class: "gap", fill: `url(#${this.hatch})`, x, width, y: margin.top, height: y(0) - margin.top }, svg("title", {}, notRun));
            return width < 180 ? [area] : [area, svg("text", { class: "label gone", x: x + width / 2, y: middle + 4, "text-anchor": "middle" }, notRun)];
        });
    }

    #line({ value, style, area }, y) {
        const runs = [[]];
        let before = null;
        for (const point of this.#points) {
            const has = !point.gap && value(point) !== null;
            if (!has || (before !== null && point.at - before > this.#range.step * 1.5)) runs.push([]);
            if (has) runs.at(-1).push([this.#x(point.at), y(value(point))]);
            before = point.at;
        }
        const drawn = runs.filter((run) => run.length > 0);
        const path = (run) => run.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") + (run.length === 1 ? "h.01" : "");
        const shapes = [svg("path", { class: `line ${style}`, d: drawn.map(path).join("") })];
        if (area) {
            const under = drawn.map((run) => `${path(run)}L${run.at(-1)[0].toFixed(1)} ${y(0)}L${run[0][0].toFixed(1)} ${y(0)}Z`);
            shapes.unshift(svg("path", { class: `area ${style}`, d: under.join("") }));
        }
        return shapes;
    }

    /** The value of each line's highest point where it is above the axis. */
    #peaks(known, top) {
        const peaks = this.series.flatMap(({ value }) => {
            const highest = known.reduce((best, point) => ((value(point) ?? 0) > (best ? value(best) : top) ? point : best), null);
            return highest ? [{ at: highest.at, text: `↑ ${this.format(value(highest))}` }] : [];
        });
        return peaks.map(({ at, text }, index) => {
            const isLate = this.#x(at) > this.#width - 90;
            return svg("text", { class: "label peak", x: this.#x(at) + (isLate ? -6 : 6), y: margin.top + 12 + index * 14, "text-anchor": isLate ? "end" : "start" }, text);
        });
    }

    // Reading values

    #point(clientX) {
        const { from, to } = this.#range;
        const inside = (clientX - this.plot.getBoundingClientRect().left - margin.left) / (this.#width - margin.left - margin.right);
        const at = from + inside * (to - from);
        let nearest = null;
        for (const [index, point] of this.#points.entries()) {
            if (nearest === null || Math.abs(point.at - at) < Math.abs(this.#points[nearest].at - at)) nearest = index;
        }
        this.#move(nearest);
    }

    #key(event) {
        const last = this.#points.length - 1;
        const current = this.#cursor ?? last;
        const target = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: last }[event.key];
        if (event.key === "Escape") this.#move(null);
        if (target === undefined || last < 0) return;
        event.preventDefault();
        this.#move(Math.min(last, Math.max(0, target)));
        const values = this.series.map(({ name }, index) => `${name} ${this.values[index].textContent}`);
        setText(this.told, [this.time.textContent, ...(this.#points[this.#cursor].gap ? [] : values)].join(", "));
    }

    #move(index) {
        if (index === this.#cursor) return;
        this.#cursor = index;
        this.#read();
    }

    /** Puts the values at the cursor into the legend, or the latest where there is no cursor. */
    #read() {
        const point = this.#cursor === null ? this.#points.findLast(({ gap }) => !gap) : this.#points[this.#cursor];
        const day = this.#range.to - this.#range.from > 7_200_000;
        const when = point && (day ? dayAndMinute : timeOfDay)(point.at);
        const lack = point?.gap ? ": the monitor did not run" : point?.missing ? `: the monitor did not run for ${seconds(point.missing / 1000)} of it` : "";
        setText(this.time, this.#cursor === null ? "latest" : when + lack);
        for (const [index, { value }] of this.series.entries()) {
            setText(this.values[index], this.format(point && !point.gap ? value(point) : null));
        }
        this.cursor.replaceChildren();
        if (this.#cursor === null || !point) return;
        const x = this.#x(point.at);
        this.cursor.append(svg("line", { x1: x, x2: x, y1: margin.top, y2: height - margin.bottom }));
        for (const { value, style } of this.series) {
            if (!point.gap && value(point) !== null) this.cursor.append(svg("circle", { class: style, cx: x, cy: this.y(value(point)), r: 4 }));
        }
    }
}

/** Lines from corner to corner, which are seen on whatever is behind them. */
function hatch(id) {
    return svg("defs", {}, svg("pattern", { id, width: 9, height: 9, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("line", { class: "hatch", x1: 0, x2: 0, y1: 0, y2: 9 })));
}
