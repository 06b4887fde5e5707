// The glossary: each word has one meaning, on the page, in the REST interface, the metrics and the commands.
import { element, prose } from "./dom.js";

const words = [
    ["States of a task", [
        ["pending", "The task is accepted and could run, but it is not handed out yet: enough tasks of its type wait at the broker, or the type is paused, its circuit breaker is open, or no worker runs it."],
        ["scheduled", "The task is not due yet: it was submitted with a delay, or it waits for its next attempt."],
        ["queued", "The task is handed out and waits at the broker for a worker."],
        ["running", "A worker runs the task."],
        ["succeeded", "The task ended with a result."],
        ["failed", "The task ended without a result, because its last attempt failed. It can be retried."],
        ["cancelled", "The task was cancelled on request. It can be retried."],
        ["expired", "The task was not started before it expired. It can be retried."],
    ]],
    ["Counts and times", [
        ["waiting", "Tasks that could run and do not run yet: pending and queued. Scheduled tasks are not counted."],
        ["not running yet", "Waiting and scheduled tasks together."],
        ["finished", "Tasks that succeeded or failed. Cancelled and expired tasks are not counted."],
        ["attempt", "One run of a task by a worker. A task has at most 3 attempts, or the number with which it was submitted."],
        ["failed task", "A task in the state failed. It counts once, however many attempts it had, and no longer once it is retried."],
        ["failed attempt", "An attempt that failed. A later attempt of the same task may have succeeded. Tables of workers count attempts."],
        ["failing", "The share of failures among the tasks that ended in the last five minutes. A task that was retried and ended again counts each time. As the state of a type: this share has reached `monitor.alert-failures`."],
        ["oldest", "How long the oldest task that could run has waited."],
        ["overdue", "No task is pending or queued, but the time of a scheduled one has passed: the circuit breaker holds it back."],
        ["time in queue", "The time from when a task could run (its acceptance, or its due time) until a worker started it."],
        ["run time", "How long an attempt ran. It is shown for each type by itself, because types have little in common."],
        ["p50, p95", "50 % and 95 % of the measured times were shorter. Tables show those of the last five minutes."],
        ["ledger", "Each submitted task is in one state, so the states add up to the number of submitted tasks. If they do not, report it."],
    ]],
    ["Types and workers", [
        ["ok", "Nothing is wrong with the type."],
        ["no worker", "No worker runs the type."],
        ["late", "A task of the type has waited for longer than `monitor.alert-waiting`."],
        ["backlog grows", "For some minutes, more tasks of the type have arrived than ended."],
        ["paused", "Somebody paused the type: none of its tasks is handed out until it is resumed. This is not a fault."],
        ["breaker open", "Most recent attempts of the type failed, so its circuit breaker holds its tasks back and tries a few from time to time."],
        ["live", "The worker sends heartbeats and takes tasks."],
        ["quiet", "The worker was told to take no new tasks. It finishes its running tasks."],
        ["draining", "The worker takes no new tasks, and ends when its running tasks are finished."],
        ["silent", "The worker sent no heartbeat for longer than its lease, and did not deregister."],
        ["left", "The worker deregistered, or the grid has given it up. It is listed for an hour."],
        ["slots", "The largest number of tasks that the worker runs at a time."],
        ["prefetched", "Tasks that the worker has received and not started yet."],
    ]],
];

export class Words {
    title = "Glossary";

    constructor() {
        const cards = words.map(([title, entries]) => element("section", { class: "card", "aria-label": title }, element("div", { class: "head" }, element("h2", {}, title)),
            element("dl", { class: "words" }, ...entries.map(([word, meaning]) => element("div", {}, element("dt", {}, word), element("dd", {}, ...prose(meaning)))))));
        this.element = element("div", { class: "page" }, element("h1", {}, this.title), ...cards);
    }

    take() {}

    leave() {}
}
