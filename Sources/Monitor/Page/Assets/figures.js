// A row of figures: each with its label, its value and a note below it.
import { element, setText } from "./dom.js";

export class Figures {
    /** @param figures each a label, what gives the value, and what gives the note, of what is shown. */
    constructor(figures) {
        this.figures = figures;
        this.values = figures.map(() => [element("dd", {}), element("dd", { class: "faint" })]);
        this.element = element("dl", { class: "figures card", "aria-label": "Figures" },
            ...figures.map(([label], index) => element("div", {}, element("dt", {}, label), ...this.values[index])));
    }

    show(shown) {
        for (const [index, [, value, note]] of this.figures.entries()) {
            setText(this.values[index][0], value(shown));
            setText(this.values[index][1], note(shown));
        }
    }
}
