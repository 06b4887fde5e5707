// Elements, made of names, attributes and text. Text from the grid reaches the page as text alone, never as markup.

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * An element. Of `properties`, functions are listeners (`onclick`), true and false say whether an attribute is there, and
 * everything else is an attribute's value. Children are nodes or text; null is none.
 */
export function element(name, properties = {}, ...children) {
    return fill(document.createElement(name), properties, children);
}

/** The same for drawings. */
export function svg(name, properties = {}, ...children) {
    return fill(document.createElementNS(svgNamespace, name), properties, children);
}

function fill(node, properties, children) {
    for (const [key, value] of Object.entries(properties)) {
        if (typeof value === "function") node.addEventListener(key.slice(2), value);
        else if (value === true) node.setAttribute(key, "");
        else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

/** Sets a text, and touches nothing where it is the same: a selection and a screen reader stay where they are. */
export function setText(node, text) {
    const string = String(text);
    if (node.textContent !== string) node.textContent = string;
}

/** Sets an attribute where it is another; null takes it away. */
export function setAttribute(node, name, value) {
    if (value === null || value === undefined) node.removeAttribute(name);
    else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** A text in which `commands` stand in backticks, as nodes. */
export const prose = (text) => text.split(/`([^`]+)`/).flatMap((part, index) => (index % 2 === 1 ? element("code", {}, ...unbroken(part)) : unbroken(part)));

/** A line does not break at the hyphens of an option such as --type. */
const unbroken = (text) => text.split(/(--[a-z-]+)/).map((part, index) => (index % 2 === 1 ? element("span", { class: "option" }, part) : part));

export const byId = (id) => document.getElementById(id);
