// Round numbers for axes.

const steps = [1, 2, 2.5, 5, 10];
const times = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7200, 10080].map((minutes) => minutes * 60_000);

/** The distance between ticks, about three of them up to `maximum`; a whole number where values are counts. */
function distance(maximum, isCount) {
    const rough = isCount ? Math.max(1, maximum / 3) : maximum / 3;
    const power = 10 ** Math.floor(Math.log10(rough));
    return steps.find((step) => step * power >= rough * (1 - 1e-9) && (!isCount || Number.isInteger(step * power))) * power;
}

/** The end of an axis that must show `maximum`. */
export function roof(maximum, isCount = false) {
    if (!(maximum > 0)) return 1;
    const step = distance(maximum, isCount);
    return Math.ceil(maximum / step - 1e-9) * step;
}

/**
 * The largest value that an axis has to show: of all values, or of most with some room above. If a few stand far above all others, as
 * those of one burst, an axis with them would show nothing else. They are more than `far` times as large, and at most a tenth.
 */
export function ordinary(values, far = 4) {
    const sorted = values.toSorted((one, other) => one - other);
    const most = sorted[Math.max(0, Math.ceil(sorted.length * 0.9) - 1)] ?? 0;
    const largest = sorted.at(-1) ?? 0;
    return most > 0 && largest > far * most ? most * 1.25 : largest;
}

/** From 0 to an end that `roof` has chosen. */
export function ticks(end, isCount = false) {
    const step = distance(end, isCount);
    return Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step);
}

/** Full minutes, hours or days of this machine's clock, at most `most` of them. */
export function timeTicks({ from, to }, most) {
    const step = times.find((step) => (to - from) / step <= most) ?? times.at(-1);
    const zone = new Date(to).getTimezoneOffset() * 60_000;
    const found = [];
    for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) {
        if (at > from + (to - from) * 0.02 && at < to - (to - from) * 0.02) found.push(at);
    }
    return found;
}
