// The search of tasks: what is asked stands in the address, so it can be kept, sent on and gone back to.
import { element, prose, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { bulk } from "./bulk.js";
import { count, words } from "./format.js";
import { TaskList } from "./tasklist.js";
import { canRetry as retriable, hasEnded, states } from "./states.js";

/** How often the list is asked for again, in milliseconds: each time the dispatcher searches. */
const interval = 3000;
/** How often the tasks that an action would change are counted again, in milliseconds. */
const countInterval = 30_000;
const spans = { "": "at any time", "-10m": "in the last 10 minutes", "-1h": "in the last hour", "-1d": "in the last day", "-7d": "in the last week", between: "between…" };

export class Tasks {
    title = "Tasks";
    #asked = performance.now();
    #counted = performance.now();
    /** The actions that are offered: each with its `action`, `query`, `label` and `button`. */
    #offers = [];

    constructor(parameters) {
        this.asked = Object.fromEntries(parameters);
        this.form = this.#form();
        this.pages = element("nav", { class: "pages", "aria-label": "More tasks" });
        const isFiltered = Object.keys(this.asked).length > 0;
        const { id, type, state, text, error_group: group, since, until, after } = this.asked;
        this.list = new TaskList({
            query: { id, type, state, text, error_group: group, since, until, after }, limit: 50, actions: this.#actions(), onPage: (next) => this.#page(next),
            empty: isFiltered ? ["No task matches. ", element("a", { href: "#/tasks" }, "Show all")] : prose("No tasks yet: `taskgrid run reverse hello`"),
        });
        this.list.element.append(this.pages);
        this.element = element("div", { class: "page" }, element("h1", {}, "Tasks"), this.form, this.list.element);
        this.list.load().then(() => this.#count());
    }

    #form() {
        const { id = "", type = "", state = "", text = "", since = "", until = "" } = this.asked;
        const span = until !== "" || (since !== "" && !(since in spans)) ? "between" : since;
        const from = element("input", { name: "from", type: "datetime-local", step: "1", value: local(since) });
        const to = element("input", { name: "to", type: "datetime-local", step: "1", value: local(until) });
        const between = element("div", { class: "between", hidden: span !== "between" }, field("From", from), field("To", to));
        const when = element("select", { name: "when", onchange: () => { between.hidden = when.value !== "between"; } },
            ...Object.entries(spans).map(([value, label]) => option(value, label, span)));
        this.types = element("select", { name: "type" }, option("", "any", type), type === "" ? null : option(type, type, type));
        return element("form", { class: "card search", role: "search", onsubmit: (event) => this.#search(event) },
            field("Id", element("input", { name: "id", value: id, inputmode: "numeric", pattern: "[0-9]{1,19}", title: "a number", autocomplete: "off" })),
            field("Type", this.types),
            field("State", element("select", { name: "state" }, option("", "any", state), ...states.map((name) => option(name, words(name), state)))),
            field("Error contains", element("input", { name: "text", value: text, autocomplete: "off", maxlength: "200" })),
            field("Accepted", when), between, this.#group(),
            element("div", { class: "buttons" }, element("a", { href: "#/tasks", class: "button quiet" }, "Clear"), element("button", { type: "submit", class: "primary" }, "Search")));
    }

    /** The kind of error to which the search is limited, and a way out of it. */
    #group() {
        const { error_group: group, ...others } = this.asked;
        if (!group) return null;
        return element("p", { class: "group" }, "Only errors like ", element("code", {}, group), " ", element("a", { href: `#${withQuery("/tasks", { ...others, after: "" })}` }, "All errors"));
    }

    /** Actions on all tasks that the search finds. */
    #actions() {
        const { id, type, state, text, error_group: group, since, until } = this.asked;
        const query = { type, state, text, error_group: group, since, until };
        const which = [type && `of type ${type}`, state && `in state ${words(state)}`, (text || group) && `with “${text || group}” in their error`, (since || until) && "accepted in that time"].filter(Boolean).join(" ");
        const offer = (action, label) => ({ action, query, label, button: element("button", { type: "button", class: "small", onclick: () => bulk(action, query, which) }, `${label} all that match…`) });
        // A time of acceptance says nothing of when a task ended, which is what a retry goes by.
        const canRetry = !id && !since && !until && (!state || retriable(state));
        const canCancel = !id && (!state || !hasEnded(state));
        const hasFilter = Object.values(query).some(Boolean);
        this.#offers = [hasFilter && canRetry ? offer("retry", "Retry") : null, hasFilter && canCancel ? offer("cancel", "Cancel") : null].filter((one) => one !== null);
        return element("div", { class: "buttons" }, ...this.#offers.map(({ button }) => button));
    }

    /** Says how many tasks each action would change, and hides an action that would change none. */
    async #count() {
        this.#counted = performance.now();
        for (const { action, query, label, button } of this.#offers) {
            try {
                const { count: matching, complete } = await get(withQuery(`/bulk/${action}`, query));
                setText(button, `${label} all ${count(matching)}${complete ? "" : " or more"} that match…`);
                button.hidden = matching === 0;
            } catch {
                // The button counts again when it is pressed, and says why it cannot.
            }
        }
    }

    #search(event) {
        event.preventDefault();
        const { id, type, state, text, when, from, to } = Object.fromEntries([...new FormData(this.form)].map(([name, value]) => [name, value.trim()]));
        const time = (value) => (value ? new Date(value).toISOString() : "");
        const [since, until] = when === "between" ? [time(from), time(to)] : [when, ""];
        const hash = `#${withQuery("/tasks", { id, type, state, text, error_group: this.asked.error_group, since, until })}`;
        if (location.hash === hash) this.list.load().then(() => this.#count());
        else location.hash = hash;
    }

    #page(next) {
        const page = (label, after) => element("a", { class: "button", href: `#${withQuery("/tasks", { ...this.asked, after })}` }, label);
        if (next === this.next) return;
        this.next = next;
        this.pages.replaceChildren(...[this.asked.after ? page("Newest", "") : null, next ? page("Further back", next) : null].filter((link) => link !== null));
    }

    take(grid, isLive) {
        if (!grid || !isLive || document.hidden) return;
        this.#choices(Object.keys(grid.types ?? {}));
        if (performance.now() - this.#asked < interval) return;
        this.#asked = performance.now();
        // Pages further back do not change by new tasks.
        if (!this.asked.after) this.list.load();
        if (performance.now() - this.#counted >= countInterval) this.#count();
    }

    /** Offers the types, and the one that was chosen though it may be gone. */
    #choices(types) {
        const chosen = this.types.value;
        const names = [...new Set([...types, chosen])].filter((name) => name !== "").sort();
        // A list that somebody has open stays as it is.
        if (names.join() === this.names || document.activeElement === this.types) return;
        this.names = names.join();
        this.types.replaceChildren(option("", "any", chosen), ...names.map((name) => option(name, name, chosen)));
    }

    leave() {
        this.list.leave();
    }
}

const field = (label, input) => element("label", {}, element("span", {}, label), input);
const option = (value, label, chosen) => element("option", { value, selected: value === chosen }, label);

/** A time as a field of date and time takes it. */
function local(at) {
    const time = new Date(at);
    if (Number.isNaN(+time)) return "";
    return new Date(+time - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
