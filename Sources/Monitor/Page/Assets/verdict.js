// Whether the grid is healthy, in one line; where it is not, what is wrong and what to do.
import { element, prose, setText, svg } from "./dom.js";
import { ago, counted, passed, words } from "./format.js";

const signs = {
    healthy: "M5 12.5l4.5 4.5L19 7.5",
    alert: "M12 6v7.5M12 17.6v.1",
    lost: "M6 12h.1M12 12h.1M18 12h.1",
};

const titles = {
    no_worker: ({ type }) => `No worker for ${type}`,
    breaker_open: ({ type }) => `The circuit breaker of ${type} is open`,
    ledger_mismatch: () => "The ledger does not balance",
    broker_alarm: () => "The broker has an alarm",
    broker_unreachable: () => "The broker cannot be reached",
    store_unavailable: () => "The store is unavailable",
    history_unavailable: () => "The history cannot be written",
    heartbeat_lost: ({ worker }) => `Worker ${worker} is silent`,
    dispatcher_silent: () => "The dispatcher is silent",
    nameservice_silent: () => "The nameservice is silent",
};

export class Verdict {
    #alerts = [];

    constructor() {
        this.sign = svg("path");
        this.title = element("h1", {});
        this.detail = element("p", {});
        this.hint = element("p", { hidden: true }, ...prose("No tasks yet: `taskgrid run reverse hello`"));
        this.list = element("ul", { class: "alerts" });
        // Read out when it changes. It has no ages, which change each second.
        this.told = element("p", { class: "hidden", role: "status" });
        this.element = element("section", { class: "verdict lost" },
            element("div", { class: "sign", "aria-hidden": "true" }, svg("svg", { viewBox: "0 0 24 24" }, this.sign)),
            element("div", { class: "words" }, this.title, this.detail, this.hint, this.told), this.list);
        this.#set("lost", "Connecting…", "");
    }

    /** `grid` is null until something was heard, and `isLive` says whether it is of now. */
    show(grid, isLive) {
        if (!isLive || !grid) {
            const heard = grid ? `The numbers are from ${passed(performance.now() - grid.heard)}.` : "";
            this.#set("lost", grid ? "Not connected to the monitor" : "Connecting…", heard);
            return;
        }
        const alerts = grid.alerts ?? [];
        this.hint.hidden = grid.tasks.submitted > 0 || !grid.store;
        const standing = grid.standing_alerts ?? alerts.length;
        if (alerts.length > 0) this.#set("alert", "Needs attention", counted(standing, "alert"));
        else if (!grid.store) this.#set("lost", "Connecting…", "No dispatcher has answered yet.");
        else this.#set("healthy", "Healthy", summary(grid));
        this.#list(alerts, grid.at);
    }

    #set(kind, title, detail) {
        this.element.className = `verdict ${kind}`;
        this.sign.setAttribute("d", signs[kind]);
        setText(this.title, title);
        setText(this.detail, detail);
        if (kind === "alert") return;
        setText(this.told, title);
        this.#list([]);
    }

    #list(alerts, now) {
        const key = ({ kind, type, worker, message }) => [kind, type, worker, message].join("\n");
        if (alerts.map(key).join("\n\n") !== this.#alerts.map(key).join("\n\n")) {
            if (alerts.length > 0) setText(this.told, ["Needs attention", ...alerts.map(named)].join(". "));
            this.list.replaceChildren(...alerts.map((alert) =>
                element("li", {}, element("strong", {}, named(alert)),
                    element("span", { class: "since" }), element("p", {}, ...prose(alert.message)))));
        }
        this.#alerts = alerts;
        for (const [index, { since }] of alerts.entries()) setText(this.list.children[index].querySelector(".since"), ago(since, now));
        this.list.hidden = alerts.length === 0;
    }
}

const named = (alert) => (titles[alert.kind] ?? (({ kind }) => words(kind)))(alert);

function summary(grid) {
    const paused = Object.entries(grid.types ?? {}).filter(([, type]) => type.paused).map(([name]) => name);
    const parts = [
        grid.active_workers === 0 ? "No workers yet" : counted(grid.active_workers, "worker"),
        grid.ledger.balances ? "the ledger balances" : null,
        paused.length > 0 ? `paused: ${paused.join(", ")}` : null,
    ];
    return parts.filter((part) => part !== null).join(" · ");
}
