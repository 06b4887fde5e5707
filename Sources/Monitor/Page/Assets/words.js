// The meaning of the words on the page: each has one, here and in the REST interface, the metrics and the commands.
import { element, prose } from "./dom.js";

const words = [
    ["Where a task stands", [
        ["pending", "It is accepted and could run. The dispatcher has not handed it out yet: enough of its type wait at the broker, or its type is paused, its circuit breaker is open, or no worker runs it."],
        ["scheduled", "It is not to run before a time: it was submitted with a delay, or it waits before its next attempt."],
        ["queued", "It is handed out and waits at the broker for a worker."],
        ["running", "A worker runs it."],
        ["succeeded", "It has ended with a result."],
        ["failed", "It has ended without one: its last attempt failed too. It can be retried."],
        ["cancelled", "It was ended on request. It can be retried."],
        ["expired", "It was not begun in time. It can be retried."],
    ]],
    ["What is counted", [
        ["waiting", "Tasks that could run now and do not: pending and queued. Scheduled ones are not among them."],
        ["not running yet", "Waiting and scheduled tasks together."],
        ["finished", "Tasks that succeeded or failed; those that were cancelled or expired are not among them."],
        ["attempt", "One run of a task by a worker. A task has up to so many attempts (3, if nothing else is said)."],
        ["failed task", "A task that has ended as failed. It is counted once, however many attempts it had, and no longer once it is retried."],
        ["failed attempt", "An attempt that failed. The task may have succeeded in its next one. Tables of workers count these."],
        ["failing", "Failures among the endings of tasks in the last five minutes. A task that was retried and ended again counts each time."],
        ["oldest", "How long the oldest of the waiting tasks has waited."],
        ["time in queue", "From when a task could run (its acceptance, or its time where it was scheduled) until a worker began it."],
        ["run time", "How long an attempt ran. Types have nothing in common there, so it is told of one type at a time."],
        ["p50, p95", "Half of the measured times, and 95 of 100, were shorter. In tables over the last five minutes."],
        ["ledger", "Each submitted task stands in one state: the sum of the states is what was submitted. If it is not, report it."],
    ]],
    ["Types and workers", [
        ["late", "A task of the type has waited longer than the monitor is told to bear (`monitor.alert-waiting`)."],
        ["backlog grows", "More tasks of the type come than end, for minutes."],
        ["paused", "Somebody has paused the type: none of its tasks is handed out until it is resumed. That is no fault."],
        ["breaker open", "Most recent attempts of the type failed, so its circuit breaker holds its tasks back and tries one from time to time."],
        ["live", "The worker sends heartbeats and takes tasks."],
        ["quiet", "It was told to take no new tasks. Those that it has go on."],
        ["draining", "It takes no more tasks and ends when those that it has are done."],
        ["silent", "Nothing was heard from it for longer than its lease, and it said no farewell."],
        ["left", "It has stopped in order, or was given up. It is listed for an hour."],
        ["slots", "Tasks that a worker runs at a time, at most."],
    ]],
];

export class Words {
    title = "What the words mean";

    constructor() {
        const cards = words.map(([title, entries]) => element("section", { class: "card", "aria-label": title }, element("div", { class: "head" }, element("h2", {}, title)),
            element("dl", { class: "words" }, ...entries.map(([word, meaning]) => element("div", {}, element("dt", {}, word), element("dd", {}, ...prose(meaning)))))));
        this.element = element("div", { class: "page" }, element("h1", {}, this.title), ...cards);
    }

    take() {}

    leave() {}
}
