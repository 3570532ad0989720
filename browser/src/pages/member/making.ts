import type { CandidateList, Choice, First } from "../../core/match.ts";
import type { Box } from "../../core/receipt.ts";
import type { Chosen } from "./chosen.ts";
import { type Aim, type Draft, likedOf, payloadOf, wayOf } from "./draft.ts";
import { officeNumbers } from "./fields.ts";
import type { Core, Pool } from "./pool.ts";
import { Sender, type World } from "./sender.ts";
import { Lost, post, Stale } from "./talk.ts";

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

/** What sending needs beside the list: which request, where to, how to wait and what to say meanwhile. */
export interface Errand extends Pick<World, "wait" | "tell"> {
  readonly pool: Pool;
  readonly base: string;
  readonly draft: Aim;
  readonly made: () => Promise<Made>;
  /** Told each time before it is posted. */
  readonly posting?: () => Promise<void>;
  readonly working: (seconds: number) => void;
  /** Told for whom it was sealed. */
  readonly chose?: (choice: Choice) => void;
}

/** Finds whom to call before all others: the peer who was chosen, or somebody who meets the wishes. */
class Before {
  readonly #errand: Errand;
  #chosen: Chosen | null = null;

  constructor(errand: Errand) {
    this.#errand = errand;
  }

  /** Return them, or null, with the list for which they were found. @throws {@link Lost}, ChosenGone */
  async all(list: CandidateList, core: Core): Promise<[CandidateList, First | null]> {
    const { base, draft, pool } = this.#errand;
    if (!draft.peer) {
      const liked = likedOf(draft, list.offices);
      return [list, draft.betterFirst ? core.choose(list, officeNumbers(list, draft.leftOut), liked).better : null];
    }
    const { Chosen } = await import("./chosen.ts").catch(() => {
      throw new Lost();
    });
    this.#chosen ??= new Chosen(base, draft.peer);
    try {
      return [list, await this.#chosen.first(list)];
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
    }
    const newest = await pool.list(true);
    try {
      return [newest, await this.#chosen.first(newest)];
    } catch (error) {
      // People come and go at this very moment: wait a little.
      throw error instanceof Stale ? new Lost() : error;
    }
  }
}

/** Return a sender that seals a draft for whoever is on the list when it goes. */
export function senderOf(errand: Errand): Sender {
  const { pool, base, draft, made, posting, wait, tell, working, chose } = errand;
  const before = new Before(errand);
  return new Sender({
    list: (newest) => pool.list(newest),
    seal: async (list) => {
      const { attempt, core, token, written } = await made();
      const [now, first] = await before.all(list, core);
      const choice = core.choose(now, officeNumbers(now, draft.leftOut), likedOf(draft, now.offices), first);
      const { positions, recipients, chosen, slots } = choice;
      if (recipients.length === 0) return null;
      chose?.(choice);
      const envelope = await core.sealFor(recipients, written, slots);
      return core.requestFrame({ urgency: draft.urgency, list: now.list, attempt, token, positions, chosen, envelope });
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
