// A supporter's inbox: summaries opened on this device, and what waits kept up to date while somebody looks.
import { sentenceFor, unlocked } from "./team/locked.ts";
import { summary } from "./team/opened.ts";
import { asServed, refreshing, replacePart } from "./team/refresh.ts";
import { openRequest } from "./team/sealed.ts";
import { complain, part } from "./team/texts.ts";
import { addresses, type Unlocked } from "./team/unlock.ts";

const trouble = part("keys-trouble");
// What each card says, by the request it stands for: opened once, shown again after each refresh.
const known = new Map<string, Promise<Node[]>>();
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
  const nodes = known.get(envelope) ?? openRequest(opener, envelope, spare).then(({ payload }) => summary(payload));
  known.set(envelope, nodes);
  const place = part("summary", card);
  try {
    place.replaceChildren(...(await nodes).map((node) => node.cloneNode(true)));
  } catch (error) {
    known.delete(envelope);
    place.textContent = sentenceFor(error);
  }
}
