// One task: its facts, its attempts, its payload and result. While it has not ended its summary is looked at each second, and all of
// it when that has changed.
import { byId, element, setText } from "./dom.js";
import { Problem, get, withQuery } from "./api.js";
import { bytes, counted, dayAndTime, fullTime, milliseconds, words } from "./format.js";
import { act } from "./ask.js";
import { Table } from "./table.js";
import { canRetry, hasEnded, stateStyle } from "./states.js";

const attempts = [
    { label: "Attempt", text: ({ number }) => String(number) },
    { label: "Outcome", text: ({ outcome }) => words(outcome), style: ({ outcome }) => stateStyle(outcome) },
    { label: "Worker", long: true, text: ({ worker }) => worker ?? "–" },
    { label: "Started", text: ({ started }) => dayAndTime(started), title: ({ started }) => fullTime(started) },
    { label: "Ended", text: ({ ended }) => dayAndTime(ended), title: ({ ended }) => fullTime(ended) },
    { label: "Ran", number: true, text: (attempt) => milliseconds(attempt.run_ms) },
    { label: "Error", wide: true, text: ({ error }) => error ?? "" },
];

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
        this.payload = new Content("Payload", id);
        this.result = new Content("Result", id);
        this.body = element("div", { class: "page", hidden: true },
            element("section", { class: "card", "aria-label": "Facts" }, this.facts),
            element("section", { class: "card", "aria-labelledby": "attempts-title" }, element("div", { class: "head" }, element("h2", { id: "attempts-title" }, "Attempts")), this.attempts.element),
            element("div", { class: "two" }, this.payload.element, this.result.element));
        this.element = element("div", { class: "page" },
            element("p", { class: "back" }, element("a", { href: "#/tasks" }, "← Tasks")),
            element("div", { class: "head" }, element("h1", {}, this.title, " ", this.state), element("div", { class: "buttons" }, this.cancel, this.retry)),
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
            setText(this.problem, error.message);
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
            ["Type", task.type], ["Accepted", fullTime(task.created)], ["Ended", task.completed && fullTime(task.completed)],
            ["Attempt", String(task.attempt)], ["Ran", task.run_ms === null ? null : milliseconds(task.run_ms)], ["Worker", task.worker],
            ["Priority", task.priority ? String(task.priority) : null], ["Due", task.due && fullTime(task.due)], ["Expires", task.expires && fullTime(task.expires)],
            ["Timeout", task.timeout_ms ? milliseconds(task.timeout_ms) : null], ["Backoff", task.backoff], ["Error", task.error],
        ].filter(([, value]) => value);
        if (facts.join("\n") !== this.#facts) {
            this.#facts = facts.join("\n");
            this.facts.replaceChildren(...facts.map(([name, value]) =>
                element("div", { class: name === "Error" ? "wide" : null }, element("dt", {}, name), element("dd", { class: name === "Error" ? "bad" : null }, value))));
        }
        this.attempts.show(task.attempts, ({ number }) => number);
        this.payload.show(task.payload);
        this.result.show(task.result, hasEnded(task.state) ? "It has none." : "It has none yet.");
        this.body.hidden = false;
    }

    /** Each word from the grid is an occasion to look, until the task has ended. */
    take(grid, isLive) {
        if (isLive && !document.hidden && this.#state !== "unknown" && !hasEnded(this.#state)) this.#look();
    }

    async #cancel() {
        const text = "If it waits, it ends now. If it runs, its worker is told to stop.";
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

/** What of a summary can change. */
const digest = ({ state, attempt, worker, error, completed }) => [state, attempt, worker, error, completed].join("\n");

/** A payload or a result: text as it is, bytes as base64, cut where it is long. */
class Content {
    constructor(title, id) {
        this.id = id;
        this.size = element("span", { class: "faint" });
        this.text = element("pre", { tabindex: "0", "aria-label": title });
        this.note = element("p", { class: "empty" });
        this.element = element("section", { class: "card content", "aria-label": title }, element("div", { class: "head" }, element("h2", {}, title), this.size), this.text, this.note);
    }

    show(content, none = "It has none.") {
        const text = content?.text ?? content?.base64 ?? "";
        setText(this.size, content ? bytes(content.bytes) : "");
        setText(this.text, text);
        this.text.hidden = text === "";
        const notes = [
            content ? null : none, content && content.bytes === 0 ? "It is empty." : null,
            content && content.text === null && content.base64 !== null ? "Not text: shown as base64." : null,
            content?.cut ? `Cut: ${counted(text.length, "character")} of ${bytes(content.bytes)}.` : null,
        ];
        setText(this.note, notes.filter((note) => note !== null).join(" "));
        this.note.hidden = this.note.textContent === "";
    }
}
