/** One rung of the ladder as the server tells it. */
export interface Rung {
  readonly kind: string;
  readonly count: number;
  readonly due: string;
  readonly done: boolean;
}

/** How a request stands. */
export interface Progress {
  readonly state: "open" | "alerted" | "accepted" | "connected" | "unanswered";
  readonly urgency: "now" | "today";
  readonly opened_at: string;
  readonly round?: number;
  readonly rungs: readonly Rung[];
  readonly next_by: string | null;
  readonly contact_by: string | null;
  readonly ends_at: string;
  readonly recipients: number;
  readonly can: readonly string[];
}

/** One step of the picture: which sentence, with which number and moment. */
export interface Step {
  readonly key: string;
  readonly state: "done" | "now" | "later";
  readonly count?: number;
  readonly at?: string;
  readonly by?: string;
  readonly note?: { readonly key: string; readonly count?: number; readonly at?: string };
}

/** Read an answer of the server as progress; null for `unknown` and for whatever else it may be. */
export function readProgress(value: unknown): Progress | null {
  const progress = value as Progress | null;
  const states = ["open", "alerted", "accepted", "connected", "unanswered"];
  const sound = typeof progress === "object" && progress !== null && states.includes(progress.state);
  return sound && Array.isArray(progress.rungs) && Array.isArray(progress.can) ? progress : null;
}

/** Say which title belongs to a state: a second round says so. */
export function titleOf(progress: Progress): string {
  const waiting = progress.state === "open" || progress.state === "alerted";
  return waiting && (progress.round ?? 1) > 1 ? "again" : progress.state;
}

/** Draw the ladder: what was done, what is under way, and what follows if nobody answers. */
export function stepsOf(progress: Progress): Step[] {
  const taken = progress.state === "accepted" || progress.state === "connected";
  const sent: Step = {
    key: "rung.sent",
    state: "done",
    at: progress.opened_at,
    ...(progress.recipients > 0 && { note: { key: "rung.sent.note", count: progress.recipients } }),
  };
  if (progress.state === "unanswered") return [sent, ...progress.rungs.map((rung) => rungStep(rung, "done"))];
  // Somebody has it: the rungs that were not needed go from the picture.
  const rungs = taken ? progress.rungs.filter((rung) => rung.done) : progress.rungs;
  const last = rungs.map((rung) => rung.done).lastIndexOf(true);
  const steps = rungs.map((rung, at): Step => {
    if (at === last && !taken) return { ...rungStep(rung, "now"), note: waitingNote(progress) };
    // Until the first rung is called, which takes seconds, it is what happens now.
    if (at === 0 && last < 0) return { ...rungStep(rung, "later", true), state: "now" };
    return rungStep(rung, rung.done ? "done" : "later");
  });
  return [sent, ...steps, ...endOf(progress)];
}

function endOf(progress: Progress): Step[] {
  if (progress.state === "connected") {
    return [
      { key: "rung.read.done", state: "done" },
      { key: "rung.contact.done", state: "done" },
    ];
  }
  if (progress.state === "accepted") {
    const by = progress.contact_by ? { by: progress.contact_by } : {};
    return [
      { key: "rung.read.done", state: "done" },
      { key: "rung.contact.later", state: "now", ...by },
    ];
  }
  return [
    { key: "rung.read.later", state: "later" },
    { key: "rung.contact.later", state: "later" },
  ];
}

function waitingNote(progress: Progress): NonNullable<Step["note"]> {
  return progress.next_by ? { key: "rung.waiting", at: progress.next_by } : { key: "rung.waiting-all" };
}

function rungStep(rung: Rung, state: Step["state"], first = false): Step {
  const tense = state === "later" ? (first && rung.kind === "all" ? "first" : "later") : "done";
  const count = rung.kind === "all" ? { count: rung.count } : {};
  return { key: `rung.${rung.kind}.${tense}`, state, at: rung.due, ...count };
}

/** A short mark of what a reader would want to be told when it changes. */
export function markOf(progress: Progress): string {
  return [progress.state, progress.round ?? 1, progress.rungs.filter((rung) => rung.done).length].join(" ");
}
