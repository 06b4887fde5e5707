// The one dialog: asks before something is done, and for the token. It stays open until what it was asked for is done or given up.
import { byId, element, prose } from "./dom.js";
import { message as readable, sentence } from "./message.js";
import { Problem, post, token, withQuery } from "./api.js";

let earlier = Promise.resolve();

/**
 * Asks one question at a time; answers whether it was affirmed.
 *
 * @param choice a list to choose from: `label`, and `options` of value and text, the first one preselected.
 * @param attempt called with the token and the choice, when it is affirmed. If it throws a problem, the dialog says so and stays open.
 */
async function ask({ title, text, yes, danger = false, wantsToken = false, choice = null, attempt = () => {} }) {
    const dialog = byId("ask");
    if (dialog.open) return false;
    // A dialog tells that it was closed a moment later: not to the question that comes next.
    await earlier;
    if (dialog.open) return false;
    byId("ask-title").textContent = title;
    byId("ask-text").replaceChildren(...prose(text));
    byId("ask-yes").textContent = yes;
    byId("ask-yes").className = danger ? "danger" : "primary";
    byId("ask-yes").disabled = false;
    byId("ask-field").hidden = !wantsToken;
    byId("ask-choice").hidden = !choice;
    byId("ask-choice-label").textContent = choice?.label ?? "";
    byId("ask-select").replaceChildren(...(choice?.options ?? []).map(([value, text]) => element("option", { value }, text)));
    tell(null);
    const field = byId("ask-token");
    field.value = "";
    field.required = wantsToken;
    dialog.returnValue = "no";
    earlier = new Promise((resolve) => {
        dialog.addEventListener("close", () => {
            field.value = "";
            resolve(dialog.returnValue === "yes");
        }, { once: true });
        byId("ask-no").onclick = () => dialog.close("no");
        byId("ask-form").onsubmit = async (event) => {
            event.preventDefault();
            byId("ask-yes").disabled = true;
            tell(null);
            try {
                await attempt(field.value.trim(), byId("ask-select").value);
                if (dialog.open) dialog.close("yes");
            } catch (error) {
                if (!(error instanceof Problem)) throw error;
                tell(error.message);
                field.select();
            } finally {
                byId("ask-yes").disabled = false;
            }
        };
        dialog.showModal();
        (wantsToken ? field : byId("ask-yes")).focus();
    });
    return earlier;
}

function tell(problem) {
    byId("ask-problem").replaceChildren(...readable(sentence(problem ?? "")));
    byId("ask-problem").hidden = problem === null;
}

/** Whether the token was not taken. */
const isRefused = (error) => error instanceof Problem && (error.status === 401 || error.status === 429 || error.lacksRole);

/**
 * Asks for the token until it is right, and keeps it; answers whether there is one.
 *
 * @param attempt does something with the token; a refusal is told in the dialog.
 */
export function askToken(text, attempt) {
    return ask({
        title: "Token required", text, yes: "Continue", wantsToken: true,
        attempt: async (value) => {
            const before = token.get();
            token.set(value);
            try {
                await attempt();
            } catch (error) {
                if (before) token.set(before);
                else token.forget();
                throw error;
            }
        },
    });
}

/** Says what happened, for a while; a failure stays until it is put away. */
export function say(text, failed = false) {
    const said = element("p", { class: failed ? "failed" : "done" }, element("span", {}, ...readable(sentence(text))));
    said.append(element("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => said.remove() }, "×"));
    byId("said").append(said);
    while (byId("said").childElementCount > 4) byId("said").firstElementChild.remove();
    if (!failed) setTimeout(() => said.remove(), 8000);
}

/**
 * Asks, sends an action with the token, and with what was chosen under the name of the choice, and says what came of it.
 *
 * @param told the answer in words.
 * @returns the answer, or null where nothing was done.
 */
export async function act(path, question, told = ({ message }) => message) {
    let target = path;
    let answer = null;
    let failure = null;
    const choose = (_, chosen) => {
        if (chosen) target = withQuery(path, { [question.choice.name]: chosen });
    };
    /** Sends it. Only a token that is not taken is thrown: all else is an outcome. */
    const attempt = async () => {
        try {
            answer = await post(target);
        } catch (error) {
            if (isRefused(error)) throw error;
            failure = error;
        }
    };
    if (!(await ask({ ...question, attempt: choose }))) return null;
    const hint = "Actions need a token: the one in the address that `taskgrid up` prints, or one of the monitor's configuration. This tab keeps it until it is closed.";
    try {
        if (token.get()) await attempt();
        else if (!(await askToken(hint, attempt))) return null;
    } catch (error) {
        // The token that was kept is not right any more; one that lacks a role still reads.
        if (error.status === 401) token.forget();
        if (!(await askToken(`${error.message}. ${hint}`, attempt))) return null;
    }
    if (failure !== null && !(failure instanceof Problem)) throw failure;
    say(failure?.message ?? told(answer), failure !== null);
    return answer;
}
