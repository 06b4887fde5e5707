/// Whether what there is to see stands out from what is behind it: text by at least 4.5 to 1, 3 to 1 where it is large (WCAG 2.2,
/// 1.4.3), lines and the borders of fields by 3 to 1 (1.4.11).
enum Contrast {
    private static let reckoning = """
            const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const channels = (colour) => {
                canvas.clearRect(0, 0, 1, 1);
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
                return [red, green, blue, alpha / 255];
            };
            const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
            const behind = (element) => {
                const own = channels(getComputedStyle(element).backgroundColor);
                if (own[3] === 1) return own;
                return over(own, element.parentElement ? behind(element.parentElement) : [255, 255, 255, 1]);
            };
            const luminance = (colour) => colour.slice(0, 3).map((value) => value / 255)
                .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
                .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
            const contrast = (front, back) => {
                const [light, dark] = [luminance(over(front, back)), luminance(back)].sort((one, other) => other - one);
                return (light + 0.05) / (dark + 0.05);
            };
        """

    /// Each line of a chart and border of a field that does not, with its ratio.
    static let faintLines = """
        (() => {
            \(reckoning)
            const lines = [[".find input", "borderTopColor"], [".listing input", "borderTopColor"], [".small", "borderTopColor"],
                [".line.first", "stroke"], [".line.second", "stroke"], [".line.bad", "stroke"], [".hatch", "stroke"]];
            return lines.map(([selector, property]) => {
                const element = document.querySelector(selector);
                // The colour of a card is behind all of them.
                return [selector, contrast(channels(getComputedStyle(element)[property]), behind(document.querySelector(".card")))];
            }).filter(([, ratio]) => ratio < 3).map(([selector, ratio]) => `${ratio.toFixed(2)}: ${selector}`);
        })()
        """

    /// Each text that does not, with its ratio.
    static let faint = """
        (() => {
            \(reckoning)
            const faint = [];
            for (const element of document.querySelectorAll("body *")) {
                const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
                if (!hasText || !element.checkVisibility() || element.closest(".skip, noscript")) continue;
                const style = getComputedStyle(element);
                const back = behind(element);
                const ratio = contrast(channels(element instanceof SVGElement ? style.fill : style.color), back);
                const size = parseFloat(style.fontSize);
                const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
                if (ratio < (isLarge ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
            }
            return faint;
        })()
        """
}
