import type { Waiting } from "./waiting.ts";

/** What is to be done with one that waits. */
export type Next = "send" | "check" | "ask" | "held" | "sent" | "broken" | "drop";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
// After this long, what somebody wrote may be true no more: then it is asked, not sent. Who wrote "now" wanted minutes.
const ASK_AFTER_MS = { now: 4 * HOUR_MS, today: 24 * HOUR_MS };
const DROP_AFTER_MS = 7 * 24 * HOUR_MS;
// A referral whose row is still there was said to nobody yet: that it was received can be said as long as it would have waited.
const SENT_SHOWN_MS = { ask: 24 * HOUR_MS, colleague: DROP_AFTER_MS, manager: DROP_AFTER_MS };
// So soon after a try nobody has answered and closed it: the same attempt again is the same request.
const SURE_MS = 5 * MINUTE_MS;

/** Say what is to be done with one that waits, at a moment. */
export function nextFor(one: Waiting, urgency: "now" | "today" | null, now: number): Next {
  const age = now - Date.parse(one.written);
  if (one.state === "sent") return now - Date.parse(one.sent ?? one.written) > SENT_SHOWN_MS[one.kind] ? "drop" : "sent";
  if (age > DROP_AFTER_MS) return "drop";
  if (urgency === null) return "broken";
  if (one.state === "held") return "held";
  if (one.tried !== null) return "check";
  // A clock that was set back makes nothing young again for longer than it says.
  return age > ASK_AFTER_MS[urgency] || age < -HOUR_MS ? "ask" : "send";
}

/** Say whether one of which the server knows nothing may be sent again unasked: it was tried a moment ago. */
export function mayGoAgain(tried: string, now: number): boolean {
  const since = now - Date.parse(tried);
  return since >= 0 && since < SURE_MS;
}
