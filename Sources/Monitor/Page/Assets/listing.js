// Many rows in little room: a table that is sorted, filtered and folded. A person's choices stay while the tab is open.
import { element, setAttribute, setText } from "./dom.js";
import { count, counted } from "./format.js";
import { Table } from "./table.js";

const chosen = new Map();
/** So few rows are looked through without a filter. */
const few = 5;
const narrow = matchMedia("(max-width: 720px)");

export class Listing {
    #rows = [];
    #known = 0;

    /**
     * @param id what tells it from other listings, on all pages.
     * @param noun what a row is, such as `type`.
     * @param fold how many rows are shown until a person asks for more.
     * @param all the address of the page that shows all; without it, the rest is unfolded in place.
     * @param order compares two rows where no column was chosen.
     * @param found the texts of a row that the filter looks at, besides its name.
     */
    constructor({ id, title, noun, fold, all = null, order, found = () => [], columns, caption, empty }) {
        Object.assign(this, { noun, fold, all, order, found, columns });
        if (!chosen.has(id)) chosen.set(id, { text: "", by: null, isDescending: false, isOpen: false });
        this.choice = chosen.get(id);
        this.count = element("span", { class: "faint" });
        this.filter = element("input", {
            type: "search", placeholder: `Filter ${noun}s`, "aria-label": `Filter ${noun}s`, autocomplete: "off", maxlength: "100", value: this.choice.text,
            oninput: () => this.#choose({ text: this.filter.value, isOpen: false }),
        });
        const sorts = [["", "Sort: urgent first"], ...columns.filter(({ by }) => by).map(({ label }) => [label, `Sort: ${label}`])];
        // A narrow page has no heads of columns.
        this.sorts = element("select", { class: "narrow", "aria-label": "Sort by", onchange: () => this.#sort(this.sorts.value || null) },
            ...sorts.map(([value, label]) => element("option", { value }, label)));
        this.controls = element("div", { class: "choices" }, this.filter, this.sorts);
        this.table = new Table({ caption, columns, empty, onSort: (label) => this.#sort(label) });
        this.none = element("p", { class: "empty", hidden: true });
        this.note = element("p", { class: "faint", hidden: true });
        this.more = all
            ? element("a", { href: all, class: "button small", hidden: true })
            : element("button", { type: "button", class: "small", hidden: true, onclick: () => this.#choose({ isOpen: !this.choice.isOpen }) });
        this.element = element("section", { class: "card listing", "aria-labelledby": `${id}-title` },
            element("div", { class: "head" }, element("h2", { id: `${id}-title` }, title, " ", this.count), this.controls),
            this.table.element, this.none, element("div", { class: "foot" }, this.more, this.note));
    }

    /** Shows the rows, each with its `name`. If there are more than these, `known` is how many. */
    show(rows, known = rows.length) {
        this.#rows = rows;
        this.#known = known;
        this.#draw();
    }

    #sort(label) {
        const { by, isDescending } = this.choice;
        const column = this.columns.find((column) => column.label === label);
        // Numbers the largest first, as one looks for; a second click turns it round.
        this.#choose({ by: label, isDescending: label === by ? !isDescending : Boolean(column?.number) });
    }

    #choose(choice) {
        Object.assign(this.choice, choice);
        this.#draw();
    }

    #draw() {
        const { text, by, isDescending, isOpen } = this.choice;
        const wanted = text.trim().toLowerCase();
        const matching = this.#rows.filter((row) => [row.name, ...this.found(row)].some((one) => String(one).toLowerCase().includes(wanted)));
        const column = this.columns.find(({ label }) => label === by);
        const sorted = matching.sort(column ? comparing(column.by, isDescending) : this.order);
        // A row is higher there.
        const fold = narrow.matches ? Math.ceil(this.fold / 2) : this.fold;
        const shown = isOpen ? sorted : sorted.slice(0, fold);
        this.table.show(shown, ({ name }) => name);
        this.table.mark(by, isDescending);
        if (this.sorts.value !== (by ?? "")) this.sorts.value = by ?? "";
        if (this.filter.value !== text && document.activeElement !== this.filter) this.filter.value = text;

        const isFiltered = wanted !== "";
        setText(this.count, this.#known === 0 ? "" : isFiltered ? `${count(matching.length)} of ${count(this.#known)}` : count(this.#known));
        this.controls.hidden = this.#rows.length <= few && !isFiltered;
        this.none.hidden = !isFiltered || matching.length > 0;
        if (!this.none.hidden) this.table.note.hidden = true;
        setText(this.none, `No ${this.noun} has “${text.trim()}” in it.`);
        this.more.hidden = matching.length <= fold;
        setText(this.more, this.all ? `All ${counted(this.#known, this.noun)}` : isOpen ? "Show fewer" : `Show all ${count(matching.length)}`);
        if (!this.all) setAttribute(this.more, "aria-expanded", String(isOpen));
        this.note.hidden = this.#known <= this.#rows.length;
        setText(this.note, `The busiest ${count(this.#rows.length)} of ${count(this.#known)} are listed.`);
    }
}

/** Compares by a column's value; what is not known comes last either way, and what is equal by name. */
function comparing(by, isDescending) {
    return (one, other) => {
        const [left, right] = [by(one), by(other)];
        const isKnown = [left, right].map((value) => value !== null && value !== undefined);
        if (isKnown[0] !== isKnown[1]) return isKnown[0] ? -1 : 1;
        const order = !isKnown[0] ? 0 : typeof left === "number" ? left - right : String(left).localeCompare(String(right));
        return order === 0 ? one.name.localeCompare(other.name) : isDescending ? -order : order;
    };
}
