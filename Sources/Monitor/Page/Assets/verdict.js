// Whether the grid is well, in one line; where it is not, what is wrong and what to do.
import { element, prose, setText, svg } from "./dom.js";
import { ago, counted, words } from "./format.js";

const signs = {
    well: "M5 12.5l4.5 4.5L19 7.5",
    needs: "M12 6v7.5M12 17.6v.1",
    lost: "M6 12h.1M12 12h.1M18 12h.1",
};

const titles = {
    no_worker: ({ type }) => `No worker for ${type}`,
    breaker_open: ({ type }) => `The breaker of ${type} is open`,
    ledger_mismatch: () => "The books do not balance",
    broker_alarm: () => "The broker has an alarm",
    broker_unreachable: () => "The broker cannot be reached",
    heartbeat_lost: ({ worker }) => `Nothing is heard of ${worker}`,
};

export class Verdict {
    #alerts = [];

    constructor() {
        this.sign = svg("path");
        this.title = element("h1", {});
        this.detail = element("p", {});
        this.hint = element("p", { hidden: true }, ...prose("No tasks yet: `taskgrid run reverse hello`"));
        this.list = element("ul", { class: "alerts" });
        this.element = element("section", { class: "verdict lost", "aria-live": "polite", "aria-atomic": "false" },
            element("div", { class: "sign", "aria-hidden": "true" }, svg("svg", { viewBox: "0 0 24 24" }, this.sign)),
            element("div", { class: "words" }, this.title, this.detail, this.hint), this.list);
        this.#set("lost", "Asking the grid…", "");
    }

    /** `grid` is null until something was heard, and `isLive` says whether it is of now. */
    show(grid, isLive) {
        if (!isLive || !grid) {
            this.#set("lost", grid ? "Out of touch with the monitor" : "Asking the grid…", grid ? `The numbers are those of ${ago(grid.at)}.` : "");
            return;
        }
        const alerts = grid.alerts ?? [];
        this.hint.hidden = grid.tasks.submitted > 0;
        if (alerts.length > 0) this.#set("needs", "The grid needs you", counted(alerts.length, "thing to look at", "things to look at"));
        else this.#set("well", "The grid is well", summary(grid));
        this.#list(alerts);
    }

    #set(kind, title, detail) {
        this.element.className = `verdict ${kind}`;
        this.sign.setAttribute("d", signs[kind]);
        setText(this.title, title);
        setText(this.detail, detail);
        if (kind !== "needs") this.#list([]);
    }

    #list(alerts) {
        const key = ({ kind, type, worker, message }) => [kind, type, worker, message].join("\n");
        if (alerts.map(key).join("\n\n") !== this.#alerts.map(key).join("\n\n")) {
            this.list.replaceChildren(...alerts.map((alert) =>
                element("li", {}, element("strong", {}, (titles[alert.kind] ?? (({ kind }) => words(kind)))(alert)),
                    element("span", { class: "since" }), element("p", {}, ...prose(alert.message)))));
        }
        this.#alerts = alerts;
        for (const [index, { since }] of alerts.entries()) setText(this.list.children[index].querySelector(".since"), ago(since));
        this.list.hidden = alerts.length === 0;
    }
}

function summary(grid) {
    const paused = Object.entries(grid.types).filter(([, type]) => type.paused).map(([name]) => name);
    const parts = [
        grid.active_workers === 0 ? "No worker is here yet" : `${counted(grid.active_workers, "worker")} at work`,
        grid.ledger.balances ? "the books balance" : null,
        paused.length > 0 ? `paused: ${paused.join(", ")}` : null,
    ];
    return parts.filter((part) => part !== null).join(" · ");
}
