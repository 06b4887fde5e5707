// The broker: whether it is reached and accepts, and what stands in its queues. Asked for on the grid's events, every few
// seconds, and only while the page is looked at: the broker is asked for each queue.
import { element, setText } from "./dom.js";
import { get } from "./api.js";
import { count } from "./format.js";
import { Table } from "./table.js";

const interval = 5000;

export class Broker {
    #asked = -Infinity;
    #asking = false;

    constructor() {
        this.state = element("span", { class: "chip" }, "asking");
        this.detail = element("p", { class: "problem", hidden: true });
        this.problem = element("p", { class: "problem", hidden: true });
        this.queues = new Table({
            caption: "Queues of the broker", empty: "No queues yet: the services that read them declare them",
            columns: [
                { label: "Queue", text: ({ name }) => name },
                { label: "Ready", number: true, text: ({ messages }) => count(messages) },
                { label: "Consumers", number: true, text: ({ consumers }) => count(consumers), style: ({ exists, consumers }) => (exists && consumers === 0 ? "faint" : null) },
            ],
        });
        this.element = element("section", { class: "card", "aria-labelledby": "broker-title" },
            element("div", { class: "head" }, element("h2", { id: "broker-title" }, "Broker"), this.state), this.detail, this.problem, this.queues.element);
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
            this.queues.show(rows.sort((one, other) => one.name.localeCompare(other.name)), ({ name }) => name);
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
        setText(this.detail, problem ?? alarm ?? (blocked ? "It accepts no messages." : ""));
        this.detail.hidden = this.detail.textContent === "";
    }
}
