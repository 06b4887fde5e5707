// A button that copies a text.
import { element, setText } from "./dom.js";

/** @param text gives the text when it is pressed. */
export function copyButton(label, text) {
    const button = element("button", { type: "button", class: "small quiet", "aria-label": label, title: label, onclick: copy }, "Copy");
    async function copy() {
        setText(button, (await written(text())) ? "Copied" : "Not copied: the browser forbids it");
        setTimeout(() => setText(button, "Copy"), 2000);
    }
    return button;
}

async function written(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return writtenBySelection(text);
    }
}

/** As it is done where the page is not from this machine and not encrypted: browsers have no clipboard for it. */
function writtenBySelection(text) {
    const field = element("textarea", { class: "hidden", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    const focused = document.activeElement;
    field.select();
    const isWritten = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return isWritten;
}
