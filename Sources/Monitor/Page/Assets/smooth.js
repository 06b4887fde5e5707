// Times that are measured on few attempts jump from step to step; their mean over neighbours shows where they tend.

/** How many steps before and after one are taken together with it. */
const reach = 2;

/** How many steps that are in all. */
export const width = 2 * reach + 1;

/**
 * The mean of each point and its neighbours, in which a point weighs as much as attempts were measured in it.
 *
 * @param points in the order of time; those without a value are null.
 * @param weight how many attempts a point stands for.
 * @returns a value for each point; null where neither it nor a neighbour has one.
 */
export function smoothed(points, value, weight) {
    return points.map((_, index) => {
        let [sum, total] = [0, 0];
        for (const point of points.slice(Math.max(0, index - reach), index + reach + 1)) {
            const one = point && value(point);
            if (one === null || one === undefined) continue;
            // One that ended nothing has measured something all the same.
            const parts = Math.max(1, weight(point));
            sum += one * parts;
            total += parts;
        }
        return total === 0 ? null : sum / total;
    });
}
