import type { CandidateList } from "../../core/match.ts";
import type { Box } from "../../core/receipt.ts";
import { type Draft, payloadOf, wayOf } from "./draft.ts";
import type { Core, Pool } from "./pool.ts";
import { Sender, type World } from "./sender.ts";
import { Lost, post } from "./talk.ts";

/** The secrets of one request: made once, whatever it takes to send it. */
export interface Made {
  readonly core: Core;
  readonly secret: Uint8Array;
  readonly token: Uint8Array;
  readonly attempt: Uint8Array;
  readonly box: Box | null;
  readonly written: string;
}

/** Make what one request needs, from its secret and the name of its attempt. */
export async function madeOf(core: Core, draft: Draft, secret: Uint8Array, attempt: Uint8Array): Promise<Made> {
  const box = wayOf(draft) === "none" ? null : await core.replyBox(secret);
  const card = box && { address: core.toBase64Url(box.address), recipient: box.recipient };
  const written = core.writePayload("request", payloadOf(draft, card));
  return { core, secret, token: core.progressToken(secret), attempt, box, written };
}

/** Return which offices of a list a draft leaves out. */
export function officesOut(draft: Draft, list: CandidateList): number[] {
  const names = new Set(draft.leftOut);
  return list.offices.flatMap((name, office) => (names.has(name) ? [office] : []));
}

/** What sending needs beside the list: which request, where to, how to wait and what to say meanwhile. */
export interface Errand extends Pick<World, "wait" | "tell"> {
  readonly pool: Pool;
  readonly base: string;
  readonly draft: Draft;
  readonly made: () => Promise<Made>;
  /** Told each time before it is posted. */
  readonly posting?: () => Promise<void>;
  readonly working: (seconds: number) => void;
}

/** Return a sender that seals a draft for whoever is on the list when it goes. */
export function senderOf({ pool, base, draft, made, posting, wait, tell, working }: Errand): Sender {
  return new Sender({
    list: (newest) => pool.list(newest),
    seal: async (list) => {
      const { attempt, core, token, written } = await made();
      const chosen = core.choose(list, officesOut(draft, list));
      if (chosen.positions.length === 0) return null;
      const envelope = await core.sealFor(chosen.recipients, written, chosen.slots);
      return core.requestFrame({ urgency: draft.urgency, list: list.list, attempt, token, positions: chosen.positions, envelope });
    },
    post: async (frame, work) => {
      await posting?.();
      return post(`${base}/requests`, frame, work ? { "Alongside-Work": work } : {});
    },
    work: async (frame, bits, stopped) => {
      // Loaded only where it is asked for: hardly ever.
      const { doWork } = await import("./working.ts").catch(() => {
        throw new Lost();
      });
      working(0);
      return doWork(frame, bits, working, stopped);
    },
    wait,
    tell,
  });
}
