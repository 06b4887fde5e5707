// The first page: the verdict, the numbers, and all that belongs to them.
import { element, prose, setText } from "./dom.js";
import { count, fullTime, milliseconds, rate, timeOfDay, words } from "./format.js";
import { Ledger } from "./ledger.js";
import { Broker } from "./broker.js";
import { History } from "./history.js";
import { Table } from "./table.js";
import { Verdict } from "./verdict.js";
import { typesTable } from "./types.js";
import { workersTable } from "./workers.js";

const figures = [
    ["Done per second", (grid) => rate(grid.throughput_per_second), "over the last minute"],
    ["Run time, p95", (grid) => milliseconds(grid.p95_ms), "over five minutes"],
    ["Waiting", (grid) => count(grid.pending_tasks), "not running yet"],
    ["Running", (grid) => count(grid.tasks.running), "with workers"],
    ["Succeeded", (grid) => count(grid.tasks.succeeded), "in all"],
    ["Failed", (grid) => count(grid.tasks.failed), "can be retried"],
];

const firstTask = "No tasks yet: `taskgrid run reverse hello`";
const firstWorker = "No workers yet: `taskgrid worker reverse`";

export class Overview {
    title = "";

    constructor() {
        this.verdict = new Verdict();
        this.history = new History();
        this.ledger = new Ledger();
        this.broker = new Broker();
        this.types = new Table(typesTable(prose(firstTask)));
        this.workers = new Table(workersTable(prose(firstWorker)));
        this.events = element("ol", { class: "feed" });
        this.numbers = figures.map(() => element("dd", {}));
        const tiles = figures.map(([label, , note], index) => element("div", {}, element("dt", {}, label), this.numbers[index], element("dd", { class: "faint" }, note)));
        this.element = element("div", { class: "page" }, this.verdict.element,
            element("dl", { class: "figures card", "aria-label": "Figures" }, ...tiles),
            this.history.element,
            section("types", "Types", this.types.element),
            section("workers", "Workers", this.workers.element),
            element("div", { class: "two" }, this.ledger.element, this.broker.element),
            section("events", "Events", this.events));
    }

    take(grid, isLive) {
        this.verdict.show(grid, isLive);
        if (!grid || !isLive) return;
        for (const [index, [, text]] of figures.entries()) setText(this.numbers[index], text(grid));
        this.history.take(grid);
        this.ledger.take(grid);
        this.broker.take(grid);
        this.types.show(named(grid.types), ({ name }) => name, grid.known_types);
        this.workers.show(named(grid.workers).sort(presentFirst), ({ name }) => name, grid.known_workers);
        this.#tell(grid.events ?? []);
    }

    #tell(events) {
        const key = events.map(({ at, message }) => at + message).join("\n");
        if (key === this.told) return;
        this.told = key;
        const lines = events.toReversed().slice(0, 12).map(({ kind, service, at, message }) =>
            element("li", {}, element("time", { datetime: at, title: fullTime(at) }, timeOfDay(at)),
                element("span", { class: `chip ${{ error: "bad", warning: "warn" }[kind] ?? ""}` }, words(kind)),
                element("span", {}, element("strong", {}, service), ` ${message}`)));
        this.events.replaceChildren(...(lines.length > 0 ? lines : [element("li", { class: "empty" }, "No events since the monitor started")]));
    }

    leave() {
        this.history.leave();
    }
}

const named = (entries) => Object.entries(entries ?? {}).map(([name, entry]) => ({ name, ...entry })).sort((one, other) => one.name.localeCompare(other.name));
const isGone = ({ state }) => state === "left";
const presentFirst = (one, other) => isGone(one) - isGone(other);

function section(id, title, ...content) {
    return element("section", { class: "card", "aria-labelledby": `${id}-title` }, element("div", { class: "head" }, element("h2", { id: `${id}-title` }, title)), ...content);
}
