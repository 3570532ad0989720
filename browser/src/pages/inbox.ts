// A supporter's inbox: summaries opened on this device, and what waits kept up to date while somebody looks.
import type { RequestPayload, Wishes } from "../core/payload.ts";
import { sentenceFor, unlocked } from "./team/locked.ts";
import { summary } from "./team/opened.ts";
import { isOfAnotherRank } from "./team/peers.ts";
import { asServed, refreshing, replacePart } from "./team/refresh.ts";
import { openRequest } from "./team/sealed.ts";
import { complain, part, show } from "./team/texts.ts";
import { addresses, type Unlocked } from "./team/unlock.ts";

/** What a card says, and who would rather be talked to. */
interface Said {
  readonly nodes: readonly Node[];
  readonly wishes: Wishes;
}

const trouble = part("keys-trouble");
// What each card says, by the request it stands for: opened once, shown again after each refresh.
const known = new Map<string, Promise<Said>>();
let device: Unlocked | null = null;

asServed("head");
asServed("waiting");
refreshing(
  (page) => {
    complain(trouble, "");
    const before = part("state").textContent;
    replacePart("head", page);
    if (replacePart("waiting", page)) fillCards();
    const after = part("state").textContent;
    if (after !== before) part("said").textContent = after;
  },
  (failure) => complain(trouble, sentenceFor(failure)),
);
unlocked(addresses()).then(
  (found) => {
    device = found;
    fillCards();
  },
  (error: unknown) => complain(trouble, sentenceFor(error)),
);

function fillCards(): void {
  if (!device) return;
  for (const card of document.querySelectorAll<HTMLElement>("[data-envelope]")) void fill(card, device);
}

async function fill(card: HTMLElement, opener: Unlocked): Promise<void> {
  const { envelope = "", spare = "" } = card.dataset;
  const said = known.get(envelope) ?? openRequest(opener, envelope, spare).then(({ payload }) => read(payload));
  known.set(envelope, said);
  const place = part("summary", card);
  try {
    const { nodes, wishes } = await said;
    place.replaceChildren(...nodes.map((node) => node.cloneNode(true)));
    // Only a card of one's own has a place for it.
    const due = card.querySelector<HTMLElement>('[data-part="hand-over"]');
    if (due) show(due, isOfAnotherRank(wishes, due.dataset["rank"] ?? ""));
  } catch (error) {
    known.delete(envelope);
    place.textContent = sentenceFor(error);
  }
}

function read(payload: RequestPayload): Said {
  return { nodes: summary(payload), wishes: payload.wishes ?? {} };
}
