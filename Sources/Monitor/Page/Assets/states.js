// The states of a task.

export const states = ["pending", "scheduled", "queued", "running", "succeeded", "failed", "cancelled", "expired"];

const ends = new Set(["succeeded", "failed", "cancelled", "expired"]);
const styles = { running: "runs", succeeded: "good", failed: "bad", timed_out: "bad", lost: "warn", interrupted: "warn" };

export const hasEnded = (state) => ends.has(state);
/** Ended without success: it can be retried. */
export const canRetry = (state) => hasEnded(state) && state !== "succeeded";
/** The classes of a chip that tells a state, or how an attempt came out. */
export const stateStyle = (state) => `chip ${styles[state] ?? ""}`.trim();
