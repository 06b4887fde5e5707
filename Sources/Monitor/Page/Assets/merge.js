// JSON merge patches (RFC 7396), as which the monitor tells what has changed.

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** The value that `patch` makes of `target`: a new one, which shares what has not changed. */
export function merged(target, patch) {
    if (!isObject(patch)) return patch;
    const result = isObject(target) ? { ...target } : {};
    for (const [name, value] of Object.entries(patch)) {
        if (value === null) delete result[name];
        else result[name] = merged(result[name], value);
    }
    return result;
}
