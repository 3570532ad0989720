/** Cards of peers, drawn once each. */
import { type Details, pictureBytes } from "../../core/cards.ts";
import type { Directory, Peer } from "../../core/directory.ts";
import { all, make, say, show } from "./dom.ts";
import { fetchBlock, fetchDirectory, type Names } from "./people.ts";
import { Stale } from "./talk.ts";
import { counted, filled, text } from "./texts.ts";

const DAY_HOURS = 24;

/** What drawing cards needs. */
interface Around {
  readonly base: string;
  readonly names: Names;
  readonly directory: Directory;
  /** Where a peer is asked: who it is stands in the fragment, which no server sees. */
  readonly ask: (peer: Peer) => string;
}

/** One drawn card, and the part of it that depends on what was looked for. */
interface Drawn {
  readonly item: HTMLLIElement;
  readonly office: HTMLElement;
}

/** Draws cards and keeps them: drawing a card anew at each letter would be slow on an old phone. */
export class Cards {
  readonly #around: Around;
  readonly #drawn = new Map<string, Drawn>();
  readonly #labels = new Map<string, string>();
  readonly #texts = new Map<string, string>();
  readonly #joining = new Intl.ListFormat(document.documentElement.lang || "en", { type: "conjunction" });

  constructor(around: Around) {
    this.#around = around;
    for (const select of all<HTMLSelectElement>("select[data-by]")) {
      for (const { value, text: label } of select.options) this.#labels.set(`${select.dataset["by"]}.${value}`, label);
    }
  }

  /** Return everything that a card says, to look in. */
  words(peer: Peer): string {
    const office = peer.officeShown && peer.office !== null ? this.#around.directory.offices[peer.office] : "";
    const several = [...this.#all("language", peer.languages), ...this.#all("tag", peer.tags), ...this.#all("channel", peer.channels)];
    return [this.#around.names.get(peer) ?? "", this.#label("discipline", peer.discipline), this.#label("band", peer.band), office, ...several].join(" ");
  }

  /** Return a peer's card; `outside` says that they are known to be of another office than who looks. */
  card(peer: Peer, outside: boolean): HTMLLIElement {
    let drawn = this.#drawn.get(peer.reference);
    if (!drawn) this.#drawn.set(peer.reference, (drawn = this.#draw(peer)));
    const named = peer.officeShown && peer.office !== null ? (this.#around.directory.offices[peer.office] ?? "") : "";
    say(drawn.office, named || (outside ? this.#say("outside") : ""));
    show(drawn.office.textContent !== "", drawn.office);
    return drawn.item;
  }

  /** Draw a card before it is looked for; one that stands on the page already stays as it is. */
  prepare(peer: Peer): void {
    if (!this.#drawn.has(peer.reference)) this.#drawn.set(peer.reference, this.#draw(peer));
  }

  #draw(peer: Peer): Drawn {
    const name = this.#around.names.get(peer);
    const title = make("h2", "", name ?? (this.#label("discipline", peer.discipline) || text("peer")));
    title.dir = "auto";
    const rank = [...(name ? [this.#label("discipline", peer.discipline)] : []), this.#label("band", peer.band)].filter(Boolean).join(" · ");
    const office = make("span", "quiet");
    const head = make("div", "stack tight", make("div", "row", title, ...this.#when(peer)), make("p", "facts-line", make("span", "", rank), office));
    const speaks = make("p", "", filled(this.#say("speaks"), { list: this.#list(this.#all("language", peer.languages)) }));
    const tags = make("ul", "tags", ...this.#all("tag", peer.tags).map((tag) => make("li", "chip plain", tag)));
    const reached = make("p", "quiet small", this.#all("channel", peer.channels).join(" · "));
    const item = make("li", "card stack", head, speaks, ...(peer.tags.length > 0 ? [tags] : []), ...(peer.channels.length > 0 ? [reached] : []));
    item.append(this.#acts(peer, name));
    return { item, office };
  }

  #when(peer: Peer): HTMLElement[] {
    if (peer.on) return [make("span", "chip good", this.#say("on"))];
    if (peer.next === null) return [];
    const days = Math.round(peer.next / DAY_HOURS);
    return [make("span", "quiet small", peer.next < DAY_HOURS ? counted("next.hours", peer.next) : counted("next.days", Math.max(1, days)))];
  }

  #acts(peer: Peer, name: string | null): HTMLElement {
    const ask = make("a", "button small", this.#say("ask"));
    ask.href = this.#around.ask(peer);
    const row = make("div", "row", ask);
    if (!name) return row;
    ask.setAttribute("aria-label", filled(this.#say("ask.who"), { name }));
    const reach = make("button", "button plain small", this.#say("reach"));
    reach.type = "button";
    reach.setAttribute("aria-label", filled(this.#say("reach.who"), { name }));
    const opened = make("div", "stack tight");
    opened.setAttribute("role", "status");
    show(false, opened);
    reach.addEventListener("click", () => void this.#reach(peer, name, reach, opened));
    row.append(reach);
    return make("div", "stack", row, opened);
  }

  /** Open number, address and picture on this device: from a block of 24, which does not tell whose. */
  async #reach(peer: Peer, name: string, button: HTMLElement, place: HTMLElement): Promise<void> {
    show(true, place);
    place.replaceChildren(make("p", "quiet busy", text("reach.looking")));
    try {
      const details = await this.#details(peer);
      if (!details) return place.replaceChildren(make("p", "quiet", text("reach.gone")));
      const ways = waysOf(details, peer.channels);
      const links = ways.map(({ kind, href, reach }) => {
        const link = make("a", "button", text(`do.${kind}`, { reach }));
        link.href = href;
        return link;
      });
      const picture = details.picture ? [await drawnPicture(details.picture, text("picture", { name }))] : [];
      const note = make("p", "quiet small", text(ways.length > 0 ? "reach.note" : "reach.nothing"));
      place.replaceChildren(...picture.filter((one) => one !== null), ...(links.length > 0 ? [make("div", "row", ...links)] : []), note);
      show(false, button);
      links[0]?.focus();
    } catch {
      place.replaceChildren(make("p", "notice late", text("reach.lost")));
    }
  }

  async #details(peer: Peer): Promise<Details | null> {
    const { base, names, directory } = this.#around;
    const look = async (list: string): Promise<Details | null> => {
      const { entries } = await fetchBlock(base, peer.block, list);
      const entry = entries.find(({ reference }) => reference === peer.reference);
      return entry ? names.details(entry) : null;
    };
    try {
      return await look(directory.list);
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
    }
    // The list of this page is over; the same people stand in the same blocks of the next one, as a rule.
    const newest = (await fetchDirectory(base, true)).directory;
    const same = newest.people.find(({ reference }) => reference === peer.reference);
    const { entries } = same ? await fetchBlock(base, same.block, newest.list) : { entries: [] };
    const entry = entries.find(({ reference }) => reference === peer.reference);
    return entry ? names.details(entry) : null;
  }

  /** A sentence without places: looked for in the page once, not for each card. */
  #say(key: string): string {
    const known = this.#texts.get(key) ?? text(key);
    this.#texts.set(key, known);
    return known;
  }

  #label(kind: string, key: string | null): string {
    return (key && this.#labels.get(`${kind}.${key}`)) ?? "";
  }

  #all(kind: string, keys: readonly string[]): string[] {
    return keys.map((key) => this.#label(kind, key)).filter(Boolean);
  }

  #list(items: readonly string[]): string {
    return this.#joining.format(items);
  }
}

/** One way to reach a peer from this device. */
interface Way {
  readonly kind: "call" | "text" | "email";
  readonly href: string;
  readonly reach: string;
}

const SHORTEST_NUMBER = 3;
const ADDRESS = /^[^\s@<>"?&#%/:,;]+@[^\s@<>"?&#%/:,;]+\.[^\s@<>"?&#%/:,;]+$/;

/** Return the links that reach a peer, of the kinds they like; only digits and plain addresses go into one. */
export function waysOf({ phone, email }: Pick<Details, "phone" | "email">, channels: readonly string[]): Way[] {
  const ways: Way[] = [];
  const digits = phone.replace(/\D/g, "");
  const number = `${phone.trim().startsWith("+") ? "+" : ""}${digits}`;
  if (digits.length >= SHORTEST_NUMBER) {
    if (channels.includes("call")) ways.push({ kind: "call", href: `tel:${number}`, reach: phone.trim() });
    if (channels.includes("text")) ways.push({ kind: "text", href: `sms:${number}`, reach: phone.trim() });
  }
  if (channels.includes("email") && ADDRESS.test(email.trim())) ways.push({ kind: "email", href: `mailto:${email.trim()}`, reach: email.trim() });
  return ways;
}

/** Draw a small picture, or return null for what is none; on a canvas, because the page may load no picture but its own. */
async function drawnPicture(picture: string, label: string): Promise<HTMLCanvasElement | null> {
  try {
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(pictureBytes(picture))], { type: "image/jpeg" }));
    const canvas = make("canvas", "portrait");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    return canvas;
  } catch {
    return null;
  }
}
