// The ledger: every task that was submitted stands in one state.
import { element, setText } from "./dom.js";
import { count, words } from "./format.js";

const states = ["pending", "scheduled", "queued", "running", "succeeded", "failed", "cancelled", "expired"];

export class Ledger {
    constructor() {
        this.submitted = element("strong", {});
        this.noun = element("span", {});
        this.verdict = element("span", { class: "chip" });
        this.lines = states.map((state) => {
            const bar = element("i", { "aria-hidden": "true" });
            const number = element("dd", {});
            return { bar, number, row: element("div", {}, element("dt", {}, words(state)), element("span", { class: "bar" }, bar), number) };
        });
        this.element = element("section", { class: "card", "aria-labelledby": "ledger-title" },
            element("div", { class: "head" }, element("h2", { id: "ledger-title" }, "Ledger"), this.verdict),
            element("p", { class: "sum" }, this.submitted, this.noun, " submitted, of which"), element("dl", { class: "ledger" }, ...this.lines.map(({ row }) => row)));
    }

    take({ tasks, ledger }) {
        setText(this.submitted, count(ledger.submitted));
        setText(this.noun, ledger.submitted === 1 ? " task" : " tasks");
        setText(this.verdict, ledger.balances ? "balances" : `${count(ledger.accounted_for)} accounted for`);
        this.verdict.className = ledger.balances ? "chip good" : "chip bad";
        for (const [index, state] of states.entries()) {
            const { bar, number } = this.lines[index];
            setText(number, count(tasks[state]));
            const part = ledger.submitted > 0 ? tasks[state] / ledger.submitted : 0;
            // Something must be seen of what there is.
            bar.style.width = part > 0 ? `max(2px, ${(part * 100).toFixed(2)}%)` : "0";
        }
    }
}
