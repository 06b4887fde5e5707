// A table that moves on in place: a row keeps its elements, so focus and selection stay. On a narrow page each row is a card.
import { element, setAttribute, setText } from "./dom.js";
import { count } from "./format.js";

/** The columns are `{ label, number, wide, long, text(row), title(row), href(row), style(row), button(row) }`; all but `label` are optional. */
export class Table {
    #rows = new Map();

    constructor({ caption, columns, empty }) {
        this.columns = columns;
        this.body = element("tbody", { role: "rowgroup" });
        const heads = columns.map(({ label, number }) =>
            element("th", { scope: "col", role: "columnheader", class: number ? "number" : null }, label === "" ? hidden("Actions") : label));
        this.table = element("table", { role: "table", hidden: true }, element("caption", { class: "hidden" }, caption),
            element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)), this.body);
        this.note = element("p", { class: "empty", hidden: true }, ...[empty].flat());
        this.more = element("p", { class: "more faint", hidden: true });
        this.element = element("div", { class: "table" }, this.table, this.note, this.more);
    }

    /** Shows `rows` in their order; `key` tells them apart. If there are more, `all` is how many there are. */
    show(rows, key, all = rows.length) {
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
        this.more.hidden = all <= rows.length;
        if (!this.more.hidden) setText(this.more, `The busiest ${count(rows.length)} of ${count(all)}`);
        this.note.hidden = rows.length > 0;
    }

    #make() {
        const cells = this.columns.map((column, index) => {
            const inner = column.button ? element("button", { type: "button", class: "small" }) : column.href ? element("a") : element("span");
            const name = index === 0 ? "th" : "td";
            const roles = index === 0 ? { scope: "row", role: "rowheader" } : { role: "cell" };
            return element(name, { ...roles, "data-label": column.label, class: [column.number && "number", column.wide && "wide", column.long && "long"].filter(Boolean).join(" ") || null }, inner);
        });
        return { line: element("tr", { role: "row" }, ...cells), cells };
    }
}

function fill(cell, column, row) {
    const inner = cell.firstElementChild;
    if (column.button) {
        const button = column.button(row);
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

const hidden = (text) => element("span", { class: "hidden" }, text);
