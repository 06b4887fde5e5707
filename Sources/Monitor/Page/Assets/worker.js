// One worker: how it stands, what it runs, and the actions on it.
import { element, setText } from "./dom.js";
import { get } from "./api.js";
import { act } from "./ask.js";
import { count, fullTime, milliseconds, words } from "./format.js";
import { sentence } from "./message.js";
import { addressOf } from "./types.js";
import { heard, workerState, workerStyle } from "./workers.js";

const interval = 2000;
const questions = {
    quiet: { title: "Hand no more tasks to", text: "It finishes its running tasks and returns those that it has prefetched. It stays quiet until it is asked to take tasks again.", yes: "Take no more tasks" },
    resume: { title: "Hand tasks to", text: "It takes tasks again.", yes: "Take tasks again" },
    stop: { title: "Stop", text: "It finishes its running tasks, returns those that it has prefetched, and ends.", yes: "Stop the worker", danger: true },
};

export class Worker {
    #asking = new AbortController();
    #asked = -Infinity;
    #facts = "";

    constructor(id) {
        this.id = id;
        this.title = `Worker ${id}`;
        this.state = element("span", { class: "chip", hidden: true });
        this.quiet = element("button", { type: "button", hidden: true });
        this.stop = element("button", { type: "button", class: "danger", hidden: true, onclick: () => this.#ask("stop") }, "Stop");
        this.problem = element("p", { class: "problem", role: "alert", hidden: true });
        this.facts = element("dl", { class: "facts" });
        this.types = element("p", { class: "links" });
        this.tasks = element("p", { class: "links" });
        this.body = element("div", { class: "page", hidden: true },
            element("section", { class: "card", "aria-label": "Facts" }, this.facts),
            element("section", { class: "card", "aria-labelledby": "runs-title" }, element("div", { class: "head" }, element("h2", { id: "runs-title" }, "Running tasks")), this.tasks),
            element("section", { class: "card", "aria-labelledby": "serves-title" }, element("div", { class: "head" }, element("h2", { id: "serves-title" }, "Types")), this.types));
        this.element = element("div", { class: "page" }, element("p", { class: "back" }, element("a", { href: "#/workers" }, "← Workers")),
            element("div", { class: "head" }, element("h1", {}, id, " ", this.state), element("div", { class: "buttons" }, this.quiet, this.stop)), this.problem, this.body);
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
            else this.#tell(`The grid knows no worker “${this.id}”. A worker that has left is forgotten after an hour.`);
        } catch (error) {
            if (!this.#asking.signal.aborted) this.#tell(sentence(error.message));
        }
    }

    #show(worker) {
        this.problem.hidden = true;
        setText(this.state, workerState(worker.state));
        this.state.className = workerStyle(worker.state);
        this.state.hidden = false;
        const facts = [
            ["Host", worker.host], ["Process", worker.pid ? String(worker.pid) : null], ["Version", worker.version], ["Started", worker.started && fullTime(worker.started)],
            ["Heartbeat", heard(worker)], ["Why it left", worker.left_reason && words(worker.left_reason)],
            ["Slots", count(worker.concurrency)], ["Running", count(worker.running_tasks)], ["Prefetched", count(worker.waiting_tasks)],
            ["Succeeded attempts", count(worker.done)], ["Failed attempts", count(worker.failed)],
            ["Mean run time", worker.average_processing_time_ms === null ? null : milliseconds(worker.average_processing_time_ms)],
        ].filter(([, value]) => value);
        if (facts.join("\n") !== this.#facts) {
            this.#facts = facts.join("\n");
            this.facts.replaceChildren(...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
        }
        links(this.types, worker.types, addressOf, "None");
        const others = worker.running_tasks - worker.running.length;
        links(this.tasks, worker.running, (id) => `#/tasks/${id}`, "None", others > 0 ? `, and ${count(others)} more` : "");
        const isQuiet = worker.state === "quiet";
        setText(this.quiet, isQuiet ? "Take tasks again" : "Take no more tasks");
        this.quiet.onclick = () => this.#ask(isQuiet ? "resume" : "quiet");
        this.quiet.hidden = !isQuiet && worker.state !== "alive";
        this.stop.hidden = !isQuiet && worker.state !== "alive";
        this.body.hidden = false;
    }

    async #ask(request) {
        const { title, ...question } = questions[request];
        if (await act(`/workers/${encodeURIComponent(this.id)}/${request}`, { ...question, title: `${title} ${this.id}?` })) await this.load();
    }

    #tell(problem) {
        setText(this.problem, problem);
        this.problem.hidden = false;
    }

    leave() {
        this.#asking.abort();
    }
}

/** Shows names as links; where they are the same as before, nothing is touched. */
function links(place, names, address, none, more = "") {
    const text = (names.join(", ") || none) + more;
    if (place.textContent === text) return;
    place.replaceChildren(...(names.length === 0 ? [none] : names.flatMap((name, index) => [index > 0 ? ", " : "", element("a", { href: address(name) }, name)])), more);
}
