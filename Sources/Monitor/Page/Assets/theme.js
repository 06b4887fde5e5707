// Light, dark, or as the system: applied before the page is first painted, kept in this browser.
(() => {
    "use strict";
    const key = "taskgrid.theme";
    const names = { auto: "as the system", light: "light", dark: "dark" };
    const kept = () => {
        try {
            return localStorage.getItem(key);
        } catch {
            return null; // A browser that keeps nothing for pages.
        }
    };
    let theme = Object.hasOwn(names, kept() ?? "") ? kept() : "auto";

    const apply = () => {
        document.documentElement.dataset.theme = theme;
        const button = document.getElementById("theme");
        if (!button) return;
        button.title = `Colours: ${names[theme]}`;
        button.setAttribute("aria-label", button.title);
    };
    apply();

    document.addEventListener("DOMContentLoaded", () => {
        apply();
        document.getElementById("theme").addEventListener("click", () => {
            const all = Object.keys(names);
            theme = all[(all.indexOf(theme) + 1) % all.length];
            try {
                localStorage.setItem(key, theme);
            } catch {
                // It then lasts as long as the page.
            }
            apply();
        });
    });
})();
