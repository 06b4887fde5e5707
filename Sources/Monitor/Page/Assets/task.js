// One task: its facts, its attempts, its payload and result. While it has not ended its summary is looked at each second, and all of
// it when that has changed.
import { byId, element, setText } from "./dom.js";
import { Problem, get, withQuery } from "./api.js";
import { dayAndTime, fullTime, milliseconds, words, zone } from "./format.js";
import { act } from "./ask.js";
import { Content } from "./content.js";
import { copyButton } from "./copy.js";
import { Table } from "./table.js";
import { sentence } from "./message.js";
import { canRetry, hasEnded, stateStyle } from "./states.js";
import { addressOf } from "./types.js";
import { workerAddress } from "./workers.js";

const attempts = [
    { label: "Attempt", number: true, text: ({ number }) => String(number) },
    { label: "Outcome", text: ({ outcome }) => words(outcome), style: ({ outcome }) => stateStyle(outcome) },
    { label: "Worker", long: true, text: ({ worker }) => worker ?? "", href: ({ worker }) => (worker ? workerAddress(worker) : null) },
    { label: `Started (${zone()})`, double: true, text: ({ started }) => dayAndTime(started), title: ({ started }) => fullTime(started) },
    { label: `Ended (${zone()})`, double: true, text: ({ ended }) => dayAndTime(ended), title: ({ ended }) => fullTime(ended) },
    { label: "Ran", number: true, text: (attempt) => milliseconds(attempt.run_ms) },
    { label: "Error", wide: true, text: ({ error }) => error ?? "" },
];

/** Facts that need more room than the others. */
const long = new Set(["Worker", "Key", "Waits because"]);

export class Task {
    #asking = new AbortController();
    #isAsking = false;
    #state = null;
    /** The summary of what is shown. */
    #shown = "";
    #facts = "";

    constructor(id) {
        this.id = id;
        this.title = `Task ${id}`;
        this.path = `/tasks/${encodeURIComponent(id)}`;
        this.state = element("span", { class: "chip", hidden: true });
        this.cancel = element("button", { type: "button", class: "danger", hidden: true, onclick: () => this.#cancel() }, "Cancel");
        this.retry = element("button", { type: "button", class: "primary", hidden: true, onclick: () => this.#retry() }, "Retry");
        this.problem = element("p", { class: "problem", role: "alert", hidden: true });
        this.facts = element("dl", { class: "facts" });
        this.attempts = new Table({ caption: "Attempts, oldest first", columns: attempts, empty: "No attempts yet: no worker has started it" });
        this.payload = new Content("Payload");
        this.result = new Content("Result");
        this.body = element("div", { class: "page", hidden: true },
            element("section", { class: "card", "aria-label": "Facts" }, this.facts),
            element("section", { class: "card", "aria-labelledby": "attempts-title" }, element("div", { class: "head" }, element("h2", { id: "attempts-title" }, "Attempts")), this.attempts.element),
            element("div", { class: "two" }, this.payload.element, this.result.element));
        this.element = element("div", { class: "page" },
            element("p", { class: "back" }, element("a", { href: "#/tasks" }, "← Tasks")),
            element("div", { class: "head" }, element("h1", {}, this.title, " ", this.state), element("div", { class: "buttons" }, copyButton("Copy the id", () => id), this.cancel, this.retry)),
            this.problem, this.body);
        this.load();
    }

    load() {
        return this.#ask(async (signal) => this.#show(await get(this.path, signal)));
    }

    /** Loads the task where its summary is another than that of what is shown. */
    #look() {
        return this.#ask(async (signal) => {
            const { tasks: [summary] } = await get(withQuery("/tasks", { id: this.id }), signal);
            if (!summary || digest(summary) !== this.#shown) this.#show(await get(this.path, signal));
        });
    }

    async #ask(question) {
        if (this.#isAsking) return;
        this.#isAsking = true;
        try {
            await question(this.#asking.signal);
            this.problem.hidden = true;
        } catch (error) {
            if (this.#asking.signal.aborted) return;
            // There is none, or there can be none.
            if (error instanceof Problem && (error.status === 404 || error.status === 400)) this.#state = "unknown";
            setText(this.problem, sentence(error.message));
            this.problem.hidden = false;
        } finally {
            this.#isAsking = false;
        }
    }

    #show(task) {
        this.#state = task.state;
        this.#shown = digest(task);
        setText(this.state, words(task.state));
        this.state.className = stateStyle(task.state);
        this.state.hidden = false;
        const focused = document.activeElement;
        this.cancel.hidden = hasEnded(task.state);
        this.retry.hidden = !canRetry(task.state);
        // With a button that goes the focus would go, and a keyboard begin at the top of the page again.
        if (focused?.hidden) byId("main").focus({ preventScroll: true });
        const facts = [
            ["Type", task.type, addressOf(task.type)], ["Accepted", fullTime(task.created)], ["Ended", task.completed && fullTime(task.completed)],
            ["Attempt", task.attempt === 0 ? "none yet" : task.attempt > task.max_attempts ? `${task.attempt} (up to ${task.max_attempts} may fail after a retry)` : `${task.attempt} of ${task.max_attempts}`], ["Waited", waited(task)],
            ["Waits because", task.held?.length ? sentence(task.held.join("; ")) : null],
            ["Ran", task.run_ms === null ? null : milliseconds(task.run_ms)], ["Worker", task.worker, task.worker && workerAddress(task.worker)],
            ["Priority", String(task.priority)], ["Key", task.key], ["Due", task.due && fullTime(task.due)], ["Expires", task.expires && fullTime(task.expires)],
            ["Timeout", task.timeout_ms ? milliseconds(task.timeout_ms) : null], ["Backoff", task.backoff], ["Error", task.error],
        ].filter(([, value]) => value);
        if (facts.join("\n") !== this.#facts) {
            this.#facts = facts.join("\n");
            this.facts.replaceChildren(...facts.map(([name, value, href]) =>
                element("div", { class: name === "Error" ? "wide" : long.has(name) ? "long" : null }, element("dt", {}, name),
                    element("dd", { class: name === "Error" ? "bad" : null }, href ? element("a", { href }, value) : value,
                        name === "Error" ? copyButton("Copy the error", () => value) : null))));
        }
        this.attempts.show(task.attempts, ({ number }) => number);
        this.payload.show(task.payload);
        this.result.show(task.result, hasEnded(task.state) ? "No result." : "No result yet.");
        this.body.hidden = false;
    }

    /** Each word from the grid is an occasion to look, until the task has ended. */
    take(grid, isLive) {
        if (isLive && !document.hidden && this.#state !== "unknown" && !hasEnded(this.#state)) this.#look();
    }

    async #cancel() {
        const text = "If it waits, it ends at once. If it runs, its worker is told to stop.";
        if (await act(`${this.path}/cancel`, { title: `Cancel task ${this.id}?`, text, yes: "Cancel the task", danger: true })) await this.load();
    }

    async #retry() {
        const text = "The task runs again, with all its attempts, under the same id.";
        if (await act(`${this.path}/retry`, { title: `Retry task ${this.id}?`, text, yes: "Retry" })) await this.load();
    }

    leave() {
        this.#asking.abort();
    }
}

/** How long a task waited from when it could run until its first attempt began; null where its due time is that of a later attempt. */
export function waited({ created, due, attempts }) {
    const [could, began] = [Math.max(Date.parse(created), due ? Date.parse(due) : 0), Date.parse(attempts[0]?.started)];
    return attempts[0]?.number === 1 && could <= began ? milliseconds(began - could) : null;
}

/** The fields of a summary that can change. */
const digest = ({ state, attempt, worker, error, completed }) => [state, attempt, worker, error, completed].join("\n");
