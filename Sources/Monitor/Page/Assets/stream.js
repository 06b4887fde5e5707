// The monitor's events (server-sent), read for as long as the page is looked at: a browser has six connections to a host for all
// tabs together, and a stream holds one. Read by fetch, not by EventSource, which can
// neither send a token nor tell why it was refused, and does not notice a connection that has gone silent.
import { Problem, authorization, problem } from "./api.js";

/** Longer than this without a word, and the monitor is not there or is frozen: it speaks each second. */
const silence = 4000;
const longestPause = 15_000;

/** The page is not looked at any more. */
class Hidden extends Error {}

/**
 * Reads events for ever, while the page is looked at.
 *
 * @param take    called with each event's name and data.
 * @param onState called with `live`, with `hidden`, or with `broken`, a problem and the milliseconds until the next try; it may
 *                answer others.
 */
export async function listen(path, { take, onState }) {
    let last = null;
    let pause = 1000;
    for (;;) {
        await looked();
        let wait;
        try {
            await read(path, last, (event) => {
                if (event.id !== "") last = event.id;
                if (pause !== 1000) pause = 1000;
                const data = JSON.parse(event.data);
                try {
                    take(event.name, data);
                } catch (error) {
                    // A fault of this page, which says nothing of the stream.
                    reportError(error);
                }
            }, () => onState("live"));
            throw new Problem(0, "the monitor has ended the stream of events");
        } catch (error) {
            if (error instanceof Hidden) {
                await onState("hidden");
                continue;
            }
            wait = Math.max(pause, (error.retryAfter ?? 0) * 1000);
            pause = Math.min(pause * 2, longestPause);
            wait = (await onState("broken", error, wait)) ?? wait;
        }
        await sleep(wait);
    }
}

async function read(path, last, take, onOpen) {
    const abort = new AbortController();
    let watch;
    const heard = () => {
        clearTimeout(watch);
        watch = setTimeout(() => abort.abort(), silence);
    };
    heard();
    const look = () => {
        if (document.hidden) abort.abort(new Hidden());
    };
    document.addEventListener("visibilitychange", look);
    try {
        const headers = { Accept: "text/event-stream", ...authorization(), ...(last === null ? {} : { "Last-Event-ID": last }) };
        const response = await fetch(path, { headers, cache: "no-store", signal: abort.signal });
        if (!response.ok) {
            const refused = await problem(response);
            refused.retryAfter = Number(response.headers.get("Retry-After")) || 0;
            throw refused;
        }
        onOpen();
        const parser = new Parser(take);
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            heard();
            parser.feed(value);
        }
    } catch (error) {
        if (error instanceof Problem || error instanceof SyntaxError || error instanceof Hidden) throw error;
        if (abort.signal.reason instanceof Hidden) throw abort.signal.reason;
        throw new Problem(0, abort.signal.aborted ? `nothing was heard from the monitor for ${silence / 1000} s` : "the monitor cannot be reached");
    } finally {
        clearTimeout(watch);
        document.removeEventListener("visibilitychange", look);
        abort.abort();
    }
}

/** Waits until the page is looked at. */
function looked() {
    if (!document.hidden) return Promise.resolve();
    return new Promise((resolve) => {
        document.addEventListener("visibilitychange", function look() {
            if (document.hidden) return;
            document.removeEventListener("visibilitychange", look);
            resolve();
        });
    });
}

/** Takes the text of a stream apart, as the HTML standard has it. */
class Parser {
    #rest = "";
    #event = { id: "", name: "message", data: "" };

    constructor(take) {
        this.take = take;
    }

    feed(text) {
        const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
        this.#rest = lines.pop();
        for (const line of lines) this.#line(line);
    }

    #line(line) {
        if (line === "") {
            if (this.#event.data !== "") this.take({ ...this.#event, data: this.#event.data.slice(0, -1) });
            this.#event = { id: "", name: "message", data: "" };
            return;
        }
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "data") this.#event.data += `${value}\n`;
        else if (field === "event") this.#event.name = value;
        else if (field === "id") this.#event.id = value;
    }
}

/** Waits, but no longer than until the machine is on the net again. */
function sleep(milliseconds) {
    return new Promise((resolve) => {
        const wake = () => {
            clearTimeout(timer);
            window.removeEventListener("online", wake);
            resolve();
        };
        const timer = setTimeout(wake, milliseconds);
        window.addEventListener("online", wake);
    });
}
