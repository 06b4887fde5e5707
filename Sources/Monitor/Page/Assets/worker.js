// One worker: how it stands, what it runs, and the actions on it.
import { element, setText } from "./dom.js";
import { get } from "./api.js";
import { count, fullTime, milliseconds, words } from "./format.js";
import { addressOf } from "./types.js";
import { heard, workerStyle } from "./workers.js";

const interval = 2000;

export class Worker {
    #asking = new AbortController();
    #asked = -Infinity;
    #facts = "";

    constructor(id) {
        this.id = id;
        this.title = `Worker ${id}`;
        this.state = element("span", { class: "chip", hidden: true });
        this.problem = element("p", { class: "problem", role: "alert", hidden: true });
        this.facts = element("dl", { class: "facts" });
        this.types = element("p", { class: "links" });
        this.body = element("div", { class: "page", hidden: true },
            element("section", { class: "card", "aria-label": "Facts" }, this.facts),
            element("section", { class: "card", "aria-labelledby": "runs-title" }, element("div", { class: "head" }, element("h2", { id: "runs-title" }, "Types that it runs")), this.types));
        this.element = element("div", { class: "page" }, element("p", { class: "back" }, element("a", { href: "#/workers" }, "← Workers")),
            element("div", { class: "head" }, element("h1", {}, id, " ", this.state)), this.problem, this.body);
        this.load();
    }

    take(grid, isLive) {
        if (isLive && !document.hidden && performance.now() - this.#asked >= interval) this.load();
    }

    async load() {
        this.#asked = performance.now();
        try {
            const { workers } = await get("/workers", this.#asking.signal);
            if (workers[this.id]) this.#show(workers[this.id]);
            else this.#tell(`The grid knows no worker ${this.id}. One that has left is forgotten after an hour.`);
        } catch (error) {
            if (!this.#asking.signal.aborted) this.#tell(error.message);
        }
    }

    #show(worker) {
        this.problem.hidden = true;
        setText(this.state, words(worker.state));
        this.state.className = workerStyle(worker.state);
        this.state.hidden = false;
        const facts = [
            ["Host", worker.host], ["Process", String(worker.pid)], ["Version", worker.version], ["Started", worker.started && fullTime(worker.started)],
            ["Heartbeat", heard(worker)], ["Why it left", worker.left_reason && words(worker.left_reason)],
            ["Slots", count(worker.concurrency)], ["Running", count(worker.running_tasks)], ["Holds ahead", count(worker.waiting_tasks)],
            ["Finished attempts", count(worker.done)], ["Failed attempts", count(worker.failed)],
            ["Mean run time", worker.average_processing_time_ms === null ? null : milliseconds(worker.average_processing_time_ms)],
        ].filter(([, value]) => value);
        if (facts.join("\n") !== this.#facts) {
            this.#facts = facts.join("\n");
            this.facts.replaceChildren(...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
        }
        const names = worker.types.join();
        if (names !== this.names) {
            this.names = names;
            this.types.replaceChildren(...worker.types.flatMap((type, index) => [index > 0 ? ", " : "", element("a", { href: addressOf(type) }, type)]));
        }
        this.body.hidden = false;
    }

    #tell(problem) {
        setText(this.problem, problem);
        this.problem.hidden = false;
    }

    leave() {
        this.#asking.abort();
    }
}
