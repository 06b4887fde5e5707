// Events of the services: starts, stops, warnings and errors, the newest first.
import { element } from "./dom.js";
import { fullTime, timeOfDay, words, zone } from "./format.js";
import { message as readable } from "./message.js";

const shown = 12;
const styles = { error: "bad", warning: "warn" };

export class Events {
    #told = "";

    constructor() {
        this.list = element("ol", { class: "feed" }, element("li", { class: "empty" }, "No events since the monitor started"));
        this.element = element("section", { class: "card", "aria-labelledby": "events-title" },
            element("div", { class: "head" }, element("h2", { id: "events-title" }, "Events ", element("span", { class: "faint" }, zone()))), this.list);
    }

    take({ events = [] }) {
        const key = events.map(({ at, message }) => at + message).join("\n");
        if (key === this.#told) return;
        this.#told = key;
        this.list.replaceChildren(...events.toReversed().slice(0, shown).map(({ kind, service, at, message }) =>
            element("li", {}, element("time", { datetime: at, title: fullTime(at) }, timeOfDay(at)),
                element("span", { class: `chip ${styles[kind] ?? ""}` }, words(kind)),
                element("span", {}, element("strong", {}, service), " ", ...readable(withoutName(service, message))))));
    }
}

/** A message without the service's name, which stands before it already. */
const withoutName = (service, message) => (message.startsWith(`${service} `) ? message.slice(service.length + 1) : message);
