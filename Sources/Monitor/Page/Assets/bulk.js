// Actions on all tasks that match: counted, confirmed, and carried out by the dispatcher step by step, whether or not a page is open.
import { byId, element, setAttribute, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { act, say } from "./ask.js";
import { count, counted, words } from "./format.js";

const names = { retry: { yes: "Retry", doing: "Retrying", done: "Retried" }, cancel: { yes: "Cancel", doing: "Cancelling", done: "Cancelled" } };
const texts = {
    retry: "They run again, with all their attempts, under the same ids.",
    cancel: "Waiting tasks end at once. Workers are told to stop those that run.",
};

/** How often actions are asked for while one runs, and while none is known to, in milliseconds. */
const [often, seldom] = [1000, 15_000];

/**
 * Counts the tasks that match, asks, and starts the action.
 *
 * @param action `retry` or `cancel`.
 * @param query the tasks, as `/bulk` takes it.
 * @param which them in words, after "802 tasks".
 */
export async function bulk(action, query, which) {
    const { yes } = names[action];
    const path = `/bulk/${action}`;
    try {
        const { count: matching, complete } = await get(withQuery(path, query));
        if (matching === 0) return say(`No task matches any more: there is nothing to ${action}.`, true);
        const question = {
            title: `${yes} ${complete ? "" : "at least "}${counted(matching, "task")}?`, danger: action === "cancel", yes: `${yes} ${count(matching)}`,
            text: `${counted(matching, "task")} ${which}. ${texts[action]}${complete ? "" : " There are more than could be counted: the action stops soon after this number."}`,
        };
        const id = newID();
        if (await act(withQuery(path, { ...query, count: String(matching), id }), question, () => `${names[action].doing} ${counted(matching, "task")}.`)) actions.watch(id);
    } catch (error) {
        say(error.message, true);
    }
}

/** An id that no other action has. `crypto.randomUUID` is there on encrypted pages alone. */
function newID() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The actions that run, and those that ended while the page was open, above every page. */
class Actions {
    #asked = -Infinity;
    #isAsking = false;
    #running = new Set();
    #rows = new Map();

    take() {
        const interval = this.#running.size > 0 ? often : seldom;
        if (!document.hidden && performance.now() - this.#asked >= interval) this.load();
    }

    /** Shows an action until it has ended, which may have been before it is asked for. */
    watch(id) {
        this.#running.add(id);
        this.load();
    }

    async load() {
        if (this.#isAsking) return;
        this.#isAsking = true;
        this.#asked = performance.now();
        try {
            const { actions: all } = await get("/bulk-actions");
            for (const action of all) if (action.state === "running" || this.#running.has(action.id)) this.#show(action);
            const ended = new Set(all.filter(({ state }) => state !== "running").map(({ id }) => id));
            this.#running = new Set([...this.#running, ...all.map(({ id }) => id)].filter((id) => !ended.has(id)));
        } catch {
            // The page says of itself what cannot be asked.
        } finally {
            this.#isAsking = false;
        }
    }

    #show(action) {
        if (!this.#rows.has(action.id)) this.#rows.set(action.id, this.#make(action.id));
        const { text, bar, stop, row } = this.#rows.get(action.id);
        const isRunning = action.state === "running";
        setText(text, told(action));
        setAttribute(bar, "max", Math.max(1, action.expected));
        setAttribute(bar, "value", Math.min(action.expected, action.done + action.refused));
        bar.hidden = !isRunning;
        setText(stop, isRunning ? "Stop" : "Dismiss");
        stop.onclick = isRunning
            ? () => act(`/bulk-actions/${encodeURIComponent(action.id)}/stop`, { title: "Stop it?", text: "The tasks that it has changed stay so.", yes: "Stop" }, () => "Stopped.").then(() => this.load())
            : () => { row.remove(); this.#rows.delete(action.id); };
    }

    #make() {
        const [text, bar, stop] = [element("span", { role: "status" }), element("progress", { "aria-label": "Progress" }), element("button", { type: "button", class: "small" })];
        const row = element("p", {}, text, bar, stop);
        byId("actions").append(row);
        return { text, bar, stop, row };
    }
}

export const actions = new Actions();

function told({ action, state, expected, done, refused, type, task_state: taskState, error_group: group, text }) {
    const kind = [taskState && words(taskState), "task"].filter(Boolean).join(" ");
    const which = [type && ` of type ${type}`, group && ` with “${group}”`, text && ` with “${text}”`].filter(Boolean).join("");
    const { doing, done: past } = names[action];
    const others = refused > 0 ? ` ${counted(refused, "task")} had changed meanwhile.` : "";
    switch (state) {
        case "running": return `${doing} ${kind}s${which}: ${count(done)} of ${count(expected)}.${others}`;
        case "finished": return `${past} ${counted(done, kind)}${which}.${others}`;
        case "stopped": return `Stopped: ${past.toLowerCase()} ${count(done)} of ${count(expected)} ${kind}s${which}.${others}`;
        default: return `Stopped, because more tasks match than the ${count(expected)} that were expected: ${past.toLowerCase()} ${counted(done, kind)}${which}.${others}`;
    }
}
