// Reads and actions of the monitor. Actions carry the token, and so do reads once it is known.

const key = "taskgrid.token";

/** The problem that the monitor answered instead: the detail of its problem document. */
export class Problem extends Error {
    constructor(status, detail, lacksRole = false) {
        super(detail);
        this.status = status;
        /** Whether the token is right, and its role does not suffice. */
        this.lacksRole = lacksRole;
    }
}

let kept = null;

/** The token, kept as long as this tab lives; where the browser keeps nothing for pages, as long as the page does. */
export const token = {
    get() {
        try {
            return sessionStorage.getItem(key) ?? kept;
        } catch {
            return kept;
        }
    },
    set(value) {
        kept = value;
        try {
            sessionStorage.setItem(key, value);
        } catch {
            // The page keeps it.
        }
    },
    forget() {
        kept = null;
        try {
            sessionStorage.removeItem(key);
        } catch {
            // Nothing was kept there.
        }
    },
};

/** Takes the token that the address has behind its `#`, as `taskgrid up` prints it, and takes it out of the address. */
export function takeTokenOfAddress() {
    const [, given] = location.hash.match(/^#token=([!-~]+)$/) ?? [];
    if (!given) return;
    token.set(given);
    history.replaceState(null, "", `${location.pathname}${location.search}`);
}

export const authorization = () => (token.get() ? { Authorization: `Bearer ${token.get()}` } : {});

/** The problem that an unsuccessful answer tells. */
export async function problem(response) {
    const text = await response.text();
    // RFC 6750, section 3.1.
    const lacksRole = (response.headers.get("WWW-Authenticate") ?? "").includes("insufficient_scope");
    try {
        const { detail, title } = JSON.parse(text);
        return new Problem(response.status, detail ?? title ?? `the monitor answered ${response.status}`, lacksRole);
    } catch {
        return new Problem(response.status, `the monitor answered ${response.status} ${response.statusText}`);
    }
}

async function send(path, options) {
    let response;
    try {
        response = await fetch(path, { ...options, headers: { Accept: "application/json", ...authorization() }, cache: "no-store" });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem(0, "the monitor cannot be reached; is it running?");
    }
    if (!response.ok) throw await problem(response);
    return response.json();
}

export const get = (path, signal) => send(path, { signal });
export const post = (path) => send(path, { method: "POST" });

/** A path with those parameters that have a value. */
export function withQuery(path, parameters) {
    const given = Object.entries(parameters).filter(([, value]) => value);
    // A space as %20, which a plus stands for in forms alone.
    return given.length === 0 ? path : `${path}?${String(new URLSearchParams(given)).replaceAll("+", "%20")}`;
}
