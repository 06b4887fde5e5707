// The first page: the verdict, the numbers, and all that belongs to them.
import { element } from "./dom.js";
import { count, milliseconds, rate } from "./format.js";
import { Broker } from "./broker.js";
import { Events } from "./events.js";
import { FailureList } from "./failures.js";
import { Figures } from "./figures.js";
import { History } from "./history.js";
import { Ledger } from "./ledger.js";
import { Verdict } from "./verdict.js";
import { failing, named, oldest, typesListing, typesOf, waiting } from "./types.js";
import { workersListing } from "./workers.js";

const fold = 10;

const figures = [
    ["Finished per second", (grid) => rate(grid.throughput_per_second), () => "over the last minute"],
    ["Time in queue, p95", (grid) => milliseconds(grid.queue_p95_ms), (grid) => `p50 ${milliseconds(grid.queue_p50_ms)}`],
    ["Waiting", (grid) => count(waiting(grid)), oldest],
    ["Running", (grid) => count(grid.tasks.running), () => "with workers"],
    ["Succeeded", (grid) => count(grid.tasks.succeeded), () => "tasks in all"],
    ["Failed tasks", (grid) => count(grid.tasks.failed), failing],
];

export class Overview {
    title = "";

    constructor() {
        this.verdict = new Verdict();
        this.figures = new Figures(figures);
        this.history = new History();
        this.ledger = new Ledger();
        this.broker = new Broker();
        this.types = typesListing({ fold, all: "#/types" });
        this.failures = new FailureList({ id: "failures", title: "Errors in the last hour", query: { since: "-1h" }, fold: 5, all: "#/failures" });
        this.workers = workersListing({ id: "workers", fold, all: "#/workers" });
        this.events = new Events();
        this.element = element("div", { class: "page" }, this.verdict.element, this.figures.element, this.history.element,
            this.types.element, this.failures.element, this.workers.element,
            element("div", { class: "two" }, this.ledger.element, this.broker.element), this.events.element);
    }

    take(grid, isLive) {
        this.verdict.show(grid, isLive);
        if (!grid || !isLive) return;
        this.figures.show(grid);
        this.history.take(grid);
        this.ledger.take(grid);
        this.broker.take(grid);
        this.types.show(typesOf(grid), grid.known_types);
        this.workers.show(named(grid.workers), grid.known_workers);
        this.failures.take(grid);
        this.events.take(grid);
    }

    leave() {
        this.history.leave();
        this.failures.leave();
    }
}
