// The broker: whether it is reached and accepts, and what stands in its queues. Asked for on the grid's events, every few
// seconds, and only while the page is looked at: the broker is asked for each queue.
import { element, setText } from "./dom.js";
import { get } from "./api.js";
import { count, counted } from "./format.js";
import { Listing } from "./listing.js";
import { sentence } from "./message.js";
import { Table } from "./table.js";

const interval = 5000;
const columns = [
    { label: "Queue", by: ({ name }) => name, text: ({ name }) => name },
    { label: "Ready", number: true, by: ({ messages }) => messages, text: ({ messages }) => count(messages), hint: "Messages that wait for a consumer" },
    { label: "Consumers", number: true, by: ({ consumers }) => consumers, text: ({ consumers }) => count(consumers), style: ({ consumers }) => (consumers === 0 ? "faint" : null) },
];

export class Broker {
    #asked = -Infinity;
    #asking = false;

    constructor() {
        this.state = element("span", { class: "chip" }, "asking");
        this.detail = element("p", { class: "problem", hidden: true });
        this.problem = element("p", { class: "problem", hidden: true });
        this.queues = new Listing({
            id: "queues", title: "Queues of types", noun: "queue", fold: 5, columns, caption: "The queues of types, the fullest first",
            empty: "No queues yet: the dispatcher declares one for each type",
            order: (one, other) => other.messages - one.messages || one.name.localeCompare(other.name),
        });
        this.queues.element.className = "listing";
        this.own = new Table({ caption: "The grid's own queues", empty: "No queues yet: the services that read them declare them", columns });
        this.ownTitle = element("summary", {}, "The grid's own queues");
        this.element = element("section", { class: "card", "aria-labelledby": "broker-title" },
            element("div", { class: "head" }, element("h2", { id: "broker-title" }, "Broker"), this.state), this.detail, this.problem,
            this.queues.element, element("details", {}, this.ownTitle, this.own.element));
    }

    take({ broker }) {
        if (broker) this.#tell(broker);
        if (this.#asking || document.hidden || performance.now() - this.#asked < interval) return;
        this.load();
    }

    async load() {
        this.#asking = true;
        try {
            const { queues } = await get("/queues");
            const rows = Object.entries(queues).filter(([, { exists }]) => exists).map(([name, queue]) => ({ name, ...queue }));
            const isOfType = ({ name }) => /\.work\.[^.]+$/.test(name);
            this.queues.show(rows.filter(isOfType));
            const own = rows.filter((row) => !isOfType(row)).sort((one, other) => one.name.localeCompare(other.name));
            this.own.show(own, ({ name }) => name);
            const ready = own.reduce((sum, { messages }) => sum + messages, 0);
            setText(this.ownTitle, `The grid's own queues: ${count(own.length)} with ${counted(ready, "ready message")}`);
            this.problem.hidden = true;
        } catch (error) {
            setText(this.problem, `The queues cannot be shown: ${error.message}`);
            this.problem.hidden = false;
        }
        this.#asking = false;
        this.#asked = performance.now();
    }

    #tell({ connected, blocked, alarm, problem }) {
        const [text, style] = !connected ? ["not reached", "bad"] : blocked || alarm ? ["alarm", "bad"] : ["connected", "good"];
        setText(this.state, text);
        this.state.className = `chip ${style}`;
        setText(this.detail, sentence(problem ?? alarm ?? (blocked ? "It accepts no messages." : "")));
        this.detail.hidden = this.detail.textContent === "";
    }
}
