// What the monitor says, as a person reads it: a sentence, times by this machine's clock, commands set apart.
import { prose } from "./dom.js";
import { fullTime } from "./format.js";

/** A text that begins with a capital letter. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A message of the monitor, as nodes. */
export function message(text) {
    const local = text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => fullTime(time));
    return prose(local.replace(/'(taskgrid [^']+)'/g, "`$1`"));
}
