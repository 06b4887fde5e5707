// The first page: the verdict, the numbers, and all that belongs to them.
import { element } from "./dom.js";
import { count, milliseconds, rate } from "./format.js";
import { Broker } from "./broker.js";
import { Events } from "./events.js";
import { Figures } from "./figures.js";
import { History } from "./history.js";
import { Ledger } from "./ledger.js";
import { Verdict } from "./verdict.js";
import { named, oldest, typesListing, waiting } from "./types.js";
import { workersListing } from "./workers.js";

const fold = 10;

const figures = [
    ["Finished per second", (grid) => rate(grid.throughput_per_second), () => "over the last minute"],
    ["Time in queue, p95", (grid) => milliseconds(grid.queue_p95_ms), (grid) => `p50 ${milliseconds(grid.queue_p50_ms)}`],
    ["Waiting", (grid) => count(waiting(grid)), oldest],
    ["Running", (grid) => count(grid.tasks.running), () => "with workers"],
    ["Succeeded", (grid) => count(grid.tasks.succeeded), () => "tasks in all"],
    ["Failed tasks", (grid) => count(grid.tasks.failed), () => "can be retried"],
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
        this.workers = workersListing({ fold, all: "#/workers" });
        this.events = new Events();
        this.element = element("div", { class: "page" }, this.verdict.element, this.figures.element, this.history.element,
            this.types.element, this.workers.element,
            element("div", { class: "two" }, this.ledger.element, this.broker.element), this.events.element);
    }

    take(grid, isLive) {
        this.verdict.show(grid, isLive);
        if (!grid || !isLive) return;
        this.figures.show(grid);
        this.history.take(grid);
        this.ledger.take(grid);
        this.broker.take(grid);
        this.types.show(named(grid.types), grid.known_types);
        this.workers.show(named(grid.workers), grid.known_workers);
        this.events.take(grid);
    }

    leave() {
        this.history.leave();
    }
}
