// A payload or a result: JSON laid out, other text as it is, bytes as base64, cut where it is long.
import { element, setText } from "./dom.js";
import { bytes, counted } from "./format.js";
import { copyButton } from "./copy.js";
import { laidOut } from "./json.js";

export class Content {
    #whole = "";

    constructor(title) {
        this.title = title;
        this.size = element("span", { class: "faint" });
        this.copy = copyButton(`Copy the ${title.toLowerCase()}`, () => this.#whole);
        this.text = element("pre", { tabindex: "0", "aria-label": title });
        this.note = element("p", { class: "empty" });
        this.element = element("section", { class: "card content", "aria-label": title },
            element("div", { class: "head" }, element("h2", {}, title), element("div", { class: "buttons" }, this.size, this.copy)), this.text, this.note);
    }

    show(content, none = "None.") {
        this.#whole = content?.text ?? content?.base64 ?? "";
        setText(this.size, content ? bytes(content.bytes) : "");
        setText(this.text, (content?.cut ? null : laidOut(content?.text ?? "")) ?? this.#whole);
        this.text.hidden = this.copy.hidden = this.#whole === "";
        const notes = [
            content ? null : none, content && content.bytes === 0 ? "Empty." : null,
            content && content.text === null && content.base64 !== null ? "Not text: shown as base64." : null,
            content?.cut ? `Cut: ${counted(this.#whole.length, "character")} of ${bytes(content.bytes)}.` : null,
        ];
        setText(this.note, notes.filter((note) => note !== null).join(" "));
        this.note.hidden = this.note.textContent === "";
    }
}
