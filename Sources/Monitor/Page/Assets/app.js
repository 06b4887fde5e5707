// The monitor's page: listens to the grid's events and shows them on the page that the address names.
import { byId, setText } from "./dom.js";
import { askToken } from "./ask.js";
import { actions } from "./bulk.js";
import { listen } from "./stream.js";
import { merged } from "./merge.js";
import { seconds, timeAndZone } from "./format.js";
import { get, takeTokenOfAddress, token, withQuery } from "./api.js";
import { Failures } from "./failures.js";
import { Overview } from "./overview.js";
import { Task } from "./task.js";
import { Tasks } from "./tasks.js";
import { Type } from "./type.js";
import { Types } from "./types.js";
import { Words } from "./words.js";
import { Worker } from "./worker.js";
import { Workers } from "./workers.js";
import { titleOf } from "./verdict.js";

let grid = null;
let isLive = false;
let page = null;

// The page that the address names

const pages = {
    failures: (_, query) => new Failures(new URLSearchParams(query)),
    tasks: (id, query) => (id ? new Task(id) : new Tasks(new URLSearchParams(query))),
    types: (name) => (name ? new Type(name) : new Types()),
    words: () => new Words(),
    workers: (id) => (id ? new Worker(id) : new Workers()),
};

function open() {
    // Another fragment, such as that of the link that skips to the content, names no page.
    if (location.hash !== "" && !location.hash.startsWith("#/")) return;
    const [path, query = ""] = location.hash.slice(1).split("?");
    const [, first = "", second] = path.split("/");
    page?.leave();
    page = Object.hasOwn(pages, first) ? pages[first](second && decoded(second), query) : new Overview();
    byId("main").replaceChildren(page.element);
    for (const link of document.querySelectorAll("nav [data-page]")) {
        if (link.dataset.page === (first || "overview")) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    scrollTo(0, 0);
    tell();
}

/** A part of the address as it was before it was written there; as it stands where nobody wrote it so. */
function decoded(part) {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

function tell() {
    page.take(grid, isLive);
    const alerts = grid?.alerts ?? [];
    const verdict = !grid || !isLive ? "…" : alerts.length > 0 ? `(${grid.standing_alerts}) ${titleOf(alerts[0])}` : "healthy";
    document.title = [page.title || verdict, "TaskGrid+"].join(" – ");
}

window.addEventListener("hashchange", () => {
    takeTokenOfAddress();
    open();
    byId("main").focus({ preventScroll: true });
});

byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId("find-text").value.trim();
    if (text === "") return;
    location.hash = /^\d{1,19}$/.test(text) ? `#/tasks/${text}` : `#${withQuery("/tasks", { text })}`;
    byId("find-text").value = "";
});

document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
});

takeTokenOfAddress();
open();

// The grid's events

listen("/events?kind=stats", {
    take(name, data) {
        if (name !== "stats" && name !== "change") return;
        grid = name === "stats" ? data : merged(grid, data);
        isLive = true;
        actions.take();
        tell();
    },
    async onState(state, error, wait) {
        isLive = state === "live" && grid !== null;
        if (state === "hidden") {
            // Nobody looks. The page is drawn again with the first event after.
            isLive = false;
            tell();
            return undefined;
        }
        byId("live").dataset.state = state;
        setText(byId("live-text"), state === "live" ? "live" : "not live");
        byId("broken").hidden = state === "live";
        document.body.classList.toggle("stale", state !== "live");
        if (state === "live") {
            page.load?.();
            return undefined;
        }
        const past = grid ? ` These are the numbers of ${timeAndZone(grid.at)}.` : "";
        setText(byId("broken"), `Not live: ${error.message}.${past} Trying again in ${seconds(wait / 1000)}.`);
        tell();
        if (error.status !== 401) return undefined;
        token.forget();
        return (await askToken(`Reading here needs the monitor's token: ${error.message}`, () => get("/history?window=5m"))) ? 0 : undefined;
    },
});
