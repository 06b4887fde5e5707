// Whether the grid is healthy, in one line: where it is not, what is wrong most of all; below it, each thing that is wrong and what to do.
import { element, prose, setText, svg } from "./dom.js";
import { ago, counted, timeAndZone, words } from "./format.js";
import { message, sentence } from "./message.js";

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
    failure_rate: ({ type }) => `Tasks of ${type} fail`,
    backlog_grows: ({ type }) => `The backlog of ${type} grows`,
    oldest_waiting: ({ type }) => `Tasks of ${type} wait too long`,
    heartbeat_lost: ({ worker }) => `No heartbeats from worker ${worker}`,
    dispatcher_silent: () => "The dispatcher is silent",
    nameservice_silent: () => "The nameservice is silent",
};

/** An alert in a few words. */
export const titleOf = (alert) => (titles[alert.kind] ?? ((other) => [words(other.kind), other.type ?? other.worker].filter(Boolean).join(": ")))(alert);

const link = ({ type, worker }) => (type ? `#/types/${encodeURIComponent(type)}` : worker ? `#/workers/${encodeURIComponent(worker)}` : null);
const isWarning = ({ severity }) => severity !== undefined && severity !== "critical";

/** The dispatcher is heard each second; longer than this without it, in milliseconds, and the numbers are old. */
const longestSilence = 5000;

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
            this.#set("lost", grid ? "Not connected to the monitor" : "Connecting…", grid ? `The numbers are those of ${timeAndZone(grid.at)}.` : "");
            return;
        }
        const alerts = grid.alerts ?? [];
        this.hint.hidden = grid.tasks.submitted > 0 || !grid.store;
        const standing = grid.standing_alerts ?? alerts.length;
        if (alerts.length > 0) this.#set(isWarning(alerts[0]) ? "alert warning" : "alert", titleOf(alerts[0]), [more(standing - 1), age(grid)].filter(Boolean).join(". "));
        else if (!grid.store) this.#set("lost", "Connecting…", "No dispatcher has answered yet.");
        else this.#set("healthy", "Healthy", [summary(grid), age(grid)].filter(Boolean).join(". "));
        this.#list(alerts, grid.at);
    }

    #set(kind, title, detail) {
        this.element.className = `verdict ${kind}`;
        this.sign.setAttribute("d", signs[kind.split(" ")[0]]);
        setText(this.title, title);
        setText(this.detail, detail);
        this.detail.hidden = detail === "";
        if (kind.startsWith("alert")) return;
        setText(this.told, title);
        this.#list([]);
    }

    #list(alerts, now) {
        const key = ({ kind, severity, type, worker, message }) => [kind, severity, type, worker, message].join("\n");
        if (alerts.map(key).join("\n\n") !== this.#alerts.map(key).join("\n\n")) {
            if (alerts.length > 0) setText(this.told, alerts.map(titleOf).join(". "));
            this.list.replaceChildren(...alerts.map((alert, index) => line(alert, index === 0)));
        }
        this.#alerts = alerts;
        for (const [index, { since }] of alerts.entries()) setText(this.list.children[index].querySelector(".since"), ago(since, now));
        this.list.hidden = alerts.length === 0;
    }
}

/** An alert, its severity, how long it stands and what to do. The title of the first is that of the page. */
function line(alert, isFirst) {
    const title = isFirst ? (alert.type ? `Type ${alert.type}` : `Worker ${alert.worker}`) : titleOf(alert);
    const address = link(alert);
    const name = address ? element("a", { href: address }, title) : isFirst ? null : title;
    return element("li", {}, name === null ? null : element("strong", {}, name),
        alert.severity ? element("span", { class: `chip ${isWarning(alert) ? "warn" : "bad"}` }, words(alert.severity)) : null,
        element("span", { class: "since" }), element("p", {}, ...message(sentence(alert.message))));
}

const more = (others) => (others > 0 ? `and ${counted(others, "more alert")}` : "");

/** Without the broker or the dispatcher, the monitor knows nothing new. */
function age({ at, data_at: data }) {
    return data && Date.parse(at) - Date.parse(data) > longestSilence ? `The numbers are those of ${timeAndZone(data)}, when the dispatcher was heard last` : "";
}

function summary(grid) {
    const paused = Object.entries(grid.types ?? {}).filter(([, type]) => type.paused).map(([name]) => name);
    const parts = [
        (grid.active_workers ?? null) === null ? null : grid.active_workers === 0 ? "No workers yet" : counted(grid.active_workers, "worker"),
        grid.ledger.balances ? "the ledger balances" : null,
        paused.length === 0 ? null : paused.length > 3 ? `${counted(paused.length, "type")} are paused` : `${paused.join(", ")} ${paused.length === 1 ? "is" : "are"} paused`,
    ];
    return parts.filter((part) => part !== null).join(" · ");
}
