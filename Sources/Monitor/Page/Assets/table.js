// A table that moves on in place: a row keeps its elements, so focus and selection stay. On a narrow page each row is a card.
import { element, setAttribute, setText } from "./dom.js";

/**
 * The columns are `{ label, hint, number, wide, long, double, minor, by(row), text(row), title(row), href(row), style(row), button(row) }`; all
 * but `label` are optional. `by` is what a column is sorted by; on a narrow page a
 * `minor` column is left out, a `double` one has the room of two, and a `wide` or `long` one has a line of its own.
 */
export class Table {
    #rows = new Map();
    #heads = new Map();

    /** @param onSort called with the label of a column to sort by; without it, nothing is sorted. */
    constructor({ caption, columns, empty, onSort }) {
        this.columns = columns;
        this.body = element("tbody", { role: "rowgroup" });
        this.table = element("table", { role: "table", hidden: true }, element("caption", { class: "hidden" }, caption),
            element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...columns.map((column) => this.#head(column, onSort)))), this.body);
        this.note = element("p", { class: "empty", hidden: true }, ...[empty].flat());
        this.element = element("div", { class: "table" }, this.table, this.note);
    }

    #head({ label, hint, number, by }, onSort) {
        const content = label === "" ? element("span", { class: "hidden" }, "Actions")
            : by && onSort ? element("button", { type: "button", class: "sort", onclick: () => onSort(label) }, label) : label;
        const head = element("th", { scope: "col", role: "columnheader", class: number ? "number" : null, title: hint }, content);
        this.#heads.set(label, head);
        return head;
    }

    /** Marks the column by which the rows are sorted; null: none. */
    mark(label, isDescending) {
        for (const [name, head] of this.#heads) setAttribute(head, "aria-sort", name !== label ? null : isDescending ? "descending" : "ascending");
    }

    /** Shows `rows` in their order; `key` tells them apart. */
    show(rows, key) {
        const keys = new Set(rows.map(key));
        for (const [name, { line }] of this.#rows) {
            if (keys.has(name)) continue;
            line.remove();
            this.#rows.delete(name);
        }
        for (const [index, row] of rows.entries()) {
            const name = key(row);
            if (!this.#rows.has(name)) this.#rows.set(name, this.#make());
            const { line, cells } = this.#rows.get(name);
            if (this.body.children[index] !== line) this.body.insertBefore(line, this.body.children[index] ?? null);
            for (const [number, column] of this.columns.entries()) fill(cells[number], column, row);
        }
        this.table.hidden = rows.length === 0;
        this.note.hidden = rows.length > 0;
    }

    #make() {
        const cells = this.columns.map((column, index) => {
            const inner = column.button ? element("button", { type: "button", class: "small" }) : column.href ? element("a") : element("span");
            const name = index === 0 ? "th" : "td";
            const roles = index === 0 ? { scope: "row", role: "rowheader" } : { role: "cell" };
            const classes = ["number", "wide", "long", "double", "minor"].filter((name) => column[name]);
            return element(name, { ...roles, "data-label": column.label, class: classes.join(" ") || null }, inner);
        });
        return { line: element("tr", { role: "row" }, ...cells), cells };
    }
}

function fill(cell, column, row) {
    const inner = cell.firstElementChild;
    if (column.button) {
        const button = column.button(row);
        inner.hidden = button === null;
        if (button === null) return;
        setText(inner, button.text);
        setAttribute(inner, "aria-label", button.label);
        inner.onclick = button.onclick;
        return;
    }
    setText(inner, column.text(row));
    if (column.href) setAttribute(inner, "href", column.href(row));
    if (column.title) setAttribute(inner, "title", column.title(row));
    if (column.style) setAttribute(inner, "class", column.style(row));
}
