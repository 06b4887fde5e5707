// The search of tasks: what is asked stands in the address, so it can be kept, sent on and gone back to.
import { element, prose, setText } from "./dom.js";
import { get, withQuery } from "./api.js";
import { counted, dayAndMinute, fullTime, milliseconds, words } from "./format.js";
import { Table } from "./table.js";
import { stateStyle, states } from "./states.js";

const spans = { "": "at any time", "-10m": "in the last 10 minutes", "-1h": "in the last hour", "-1d": "in the last day", "-7d": "in the last week", between: "between…" };
const columns = [
    { label: "Task", text: ({ id }) => id, href: ({ id }) => `#/tasks/${id}` },
    { label: "Type", text: ({ type }) => type },
    { label: "State", text: ({ state }) => words(state), style: ({ state }) => stateStyle(state) },
    { label: "Accepted", text: ({ created }) => dayAndMinute(created), title: ({ created }) => fullTime(created) },
    { label: "Attempt", number: true, text: ({ attempt }) => String(attempt) },
    { label: "Ran", number: true, text: (task) => milliseconds(task.run_ms) },
    { label: "Worker", long: true, text: ({ worker }) => worker ?? "–", style: ({ worker }) => (worker ? null : "faint") },
    { label: "Error", wide: true, text: ({ error }) => error ?? "", title: ({ error }) => error, style: () => "clip" },
];

export class Tasks {
    title = "Tasks";
    #asking = new AbortController();

    constructor(parameters) {
        this.asked = Object.fromEntries(parameters);
        this.types = element("datalist", { id: "known-types" });
        this.form = this.#form();
        this.told = element("p", { class: "faint", role: "status" });
        const isFiltered = Object.keys(this.asked).length > 0;
        this.table = new Table({
            caption: "Tasks, the newest first", columns,
            empty: isFiltered ? ["No task is like that. ", element("a", { href: "#/tasks" }, "Show all")] : prose("No tasks yet: `taskgrid run reverse hello`"),
        });
        this.pages = element("nav", { class: "pages", "aria-label": "More tasks" });
        this.element = element("div", { class: "page" }, element("h1", {}, "Tasks"), this.form,
            element("section", { class: "card results", "aria-label": "Tasks found" }, this.told, this.table.element, this.pages));
        this.table.element.hidden = true;
        this.load();
    }

    #form() {
        const { id = "", type = "", state = "", text = "", since = "", until = "" } = this.asked;
        const span = until !== "" || (since !== "" && !(since in spans)) ? "between" : since;
        const option = (value, label, chosen) => element("option", { value, selected: value === chosen }, label);
        const from = element("input", { name: "from", type: "datetime-local", step: "1", value: local(since) });
        const to = element("input", { name: "to", type: "datetime-local", step: "1", value: local(until) });
        const between = element("div", { class: "between", hidden: span !== "between" }, field("From", from), field("To", to));
        const when = element("select", { name: "when", onchange: () => { between.hidden = when.value !== "between"; } },
            ...Object.entries(spans).map(([value, label]) => option(value, label, span)));
        return element("form", { class: "card search", role: "search", onsubmit: (event) => this.#search(event) },
            field("Id", element("input", { name: "id", value: id, inputmode: "numeric", pattern: "[0-9]{1,19}", title: "a number", autocomplete: "off" })),
            field("Type", element("input", { name: "type", value: type, list: "known-types", autocomplete: "off", maxlength: "64" })), this.types,
            field("State", element("select", { name: "state" }, option("", "any", state), ...states.map((name) => option(name, words(name), state)))),
            field("Error contains", element("input", { name: "text", value: text, autocomplete: "off", maxlength: "200" })),
            field("Accepted", when), between,
            element("div", { class: "buttons" }, element("a", { href: "#/tasks", class: "button quiet" }, "Clear"), element("button", { type: "submit", class: "primary" }, "Search")));
    }

    #search(event) {
        event.preventDefault();
        const { id, type, state, text, when, from, to } = Object.fromEntries([...new FormData(this.form)].map(([name, value]) => [name, value.trim()]));
        const time = (value) => (value ? new Date(value).toISOString() : "");
        const [since, until] = when === "between" ? [time(from), time(to)] : [when, ""];
        const hash = `#${withQuery("/tasks", { id, type, state, text, since, until })}`;
        if (location.hash === hash) this.load();
        else location.hash = hash;
    }

    async load() {
        const { id, type, state, text, since, until, after } = this.asked;
        setText(this.told, "Searching…");
        try {
            const found = await get(withQuery("/tasks", { id, type, state, text, since, until, after, limit: "50" }), this.#asking.signal);
            this.table.show(found.tasks, (task) => task.id);
            this.table.element.hidden = found.tasks.length === 0 && found.next !== null;
            const none = found.next ? "None so far: the search goes on further back" : "";
            setText(this.told, found.tasks.length === 0 ? none : `${counted(found.tasks.length, "task")}, the newest first${after ? ", further back" : ""}`);
            const page = (label, after) => element("a", { class: "button", href: `#${withQuery("/tasks", { id, type, state, text, since, until, after })}` }, label);
            this.pages.replaceChildren(...[after ? page("Newest", "") : null, found.next ? page("Further back", found.next) : null].filter((link) => link !== null));
        } catch (error) {
            if (this.#asking.signal.aborted) return;
            setText(this.told, `The tasks cannot be shown: ${error.message}`);
        }
    }

    take(grid) {
        const names = Object.keys(grid?.types ?? {}).sort();
        if (names.join() === this.names) return;
        this.names = names.join();
        this.types.replaceChildren(...names.map((value) => element("option", { value })));
    }

    leave() {
        this.#asking.abort();
    }
}

const field = (label, input) => element("label", {}, element("span", {}, label), input);

/** A time as a field of date and time takes it. */
function local(at) {
    const time = new Date(at);
    if (Number.isNaN(+time)) return "";
    return new Date(+time - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
