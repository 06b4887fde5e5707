// The one dialog: asks before something is done, and for the token.
import { byId, element, prose } from "./dom.js";
import { Problem, post, token } from "./api.js";

let earlier = Promise.resolve();

/** Asks one question at a time; answers whether it was affirmed. */
async function ask({ title, text, yes, danger = false, wantsToken = false }) {
    const dialog = byId("ask");
    if (dialog.open) return false;
    // A dialog tells that it was closed a moment later: not to the question that comes next.
    await earlier;
    if (dialog.open) return false;
    byId("ask-title").textContent = title;
    byId("ask-text").replaceChildren(...prose(text));
    byId("ask-yes").textContent = yes;
    byId("ask-yes").className = danger ? "danger" : "primary";
    byId("ask-field").hidden = !wantsToken;
    const field = byId("ask-token");
    field.value = "";
    field.required = wantsToken;
    dialog.returnValue = "no";
    earlier = new Promise((resolve) => {
        dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
        byId("ask-no").onclick = () => dialog.close("no");
        dialog.showModal();
        (wantsToken ? field : byId("ask-yes")).focus();
    });
    return earlier;
}

/** Asks for the token and keeps it; answers whether there is one. */
export async function askToken(text) {
    const given = await ask({ title: "Token required", text, yes: "Continue", wantsToken: true });
    const value = byId("ask-token").value.trim();
    byId("ask-token").value = "";
    if (!given || value === "") return false;
    token.set(value);
    return true;
}

/** Says what happened, for a while; what failed stays until it is put away. */
export function say(text, failed = false) {
    const said = element("p", { class: failed ? "failed" : "done" }, element("span", {}, ...prose(text)));
    said.append(element("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => said.remove() }, "×"));
    byId("said").append(said);
    while (byId("said").childElementCount > 4) byId("said").firstElementChild.remove();
    if (!failed) setTimeout(() => said.remove(), 8000);
}

/**
 * Asks, sends an action with the token, and says what came of it.
 *
 * @returns the answer, or null where nothing was done.
 */
export async function act(path, question) {
    if (!(await ask(question))) return null;
    const hint = "Actions on the grid carry the token that `taskgrid up` printed, or that the monitor was configured with. It is kept until this tab is closed.";
    if (!token.get() && !(await askToken(hint))) return null;
    try {
        const answer = await post(path);
        say(answer.message);
        return answer;
    } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.status === 401) token.forget();
        say(error.message, true);
        return null;
    }
}
