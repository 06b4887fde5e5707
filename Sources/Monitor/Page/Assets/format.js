// Numbers and times as people read them. An unknown value is a dash.

export const dash = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const daySecond = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const zoned = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
const dayOnly = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

const known = (value) => typeof value === "number" && Number.isFinite(value);
const digits = (value) => value.toFixed(value < 10 && value > 0 ? (value < 1 ? 2 : 1) : 0);

export function count(value) {
    if (!known(value)) return dash;
    return Math.abs(value) < 1e7 ? whole.format(value) : short.format(value);
}

/** "1 task", "2 tasks". */
export const counted = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** A number of something per second. */
export function rate(value) {
    if (!known(value)) return dash;
    if (value > 0 && value < 0.1) return small.format(value);
    return value >= 100 ? count(value) : digits(value);
}

/** A number as text, with its unit or without, without zeros at the end of its fraction. */
export const trimmed = (text) => text.replace(/\.(\d*?)0+(?!\d)/, (_, fraction) => (fraction === "" ? "" : `.${fraction}`));

/** A share from 0 to 1. Something is more than nothing, and less than all. */
export function percent(value) {
    if (!known(value)) return dash;
    if (value > 0 && value < 0.01) return "< 1 %";
    return value < 1 && value > 0.99 ? "> 99 %" : `${Math.round(value * 100)} %`;
}

/** A time of so many milliseconds. */
export function milliseconds(value) {
    if (!known(value)) return dash;
    if (value === 0) return "0 ms";
    if (value < 1) return `${digits(value * 1000)} µs`;
    if (value < 1000) return `${digits(value)} ms`;
    return seconds(value / 1000);
}

export function seconds(value) {
    if (!known(value)) return dash;
    if (value < 60) return `${digits(Math.max(0, value)).replace(/\.0$/, "")} s`;
    if (value < 3600) return `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s`;
    if (value < 86400) return `${Math.floor(value / 3600)} h ${Math.floor((value % 3600) / 60)} min`;
    return `${Math.floor(value / 86400)} d ${Math.floor((value % 86400) / 3600)} h`;
}

export function bytes(value) {
    if (!known(value)) return dash;
    const units = ["bytes", "KiB", "MiB", "GiB"];
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        unit += 1;
    }
    return unit === 0 ? counted(value, "byte") : `${value.toFixed(1)} ${units[unit]}`;
}

const read = (at) => (at ? new Date(at) : new Date(NaN));
const shown = (format, at) => (Number.isNaN(+read(at)) ? dash : format.format(read(at)));

export const timeOfDay = (at) => shown(clock, at);
/** A time of the day with the zone of this machine's clock. */
export const timeAndZone = (at) => shown(zoned, at);
/** The zone of this machine's clock, such as CET. */
export const zone = () => zoned.formatToParts().find(({ type }) => type === "timeZoneName").value;
export const hourAndMinute = (at) => shown(minute, at);
export const dayAndMinute = (at) => shown(day, at);
export const dayAndTime = (at) => shown(daySecond, at);
export const dayOfMonth = (at) => shown(dayOnly, at);
export const fullTime = (at) => shown(full, at);

/** How long before `now` that was, in whole seconds; both of the same clock. */
export const ago = (at, now) => `${seconds(Math.max(0, Math.floor((read(now) - read(at)) / 1000)))} ago`;

/** A state's or a kind's name in words. */
export const words = (name) => String(name ?? dash).replaceAll("_", " ");
