import { all, fact, one, say, show } from "./dom.ts";
import { text } from "./texts.ts";

/** Another organisation whose coordinator and ours agreed that members may ask either's peers. */
export interface Partner {
  readonly slug: string;
  readonly name: string;
}

/** Return the partners that the server wrote onto a page; none where it is not as agreed. */
export function partnersOf(page: HTMLElement): Partner[] {
  try {
    const value: unknown = JSON.parse(fact(page, "partners"));
    return Array.isArray(value) ? value.filter(isPartner) : [];
  } catch {
    return [];
  }
}

function isPartner(value: unknown): value is Partner {
  const { slug, name } = (value ?? {}) as Partial<Partner>;
  return typeof slug === "string" && /^[a-z0-9-]{1,40}$/.test(slug) && typeof name === "string" && name !== "";
}

/** Return where somebody comes from: an address's fragment names it, and the page knows it as a partner. The fragment never leaves the browser. */
export function cameFrom(hash: string, partners: readonly Partner[]): Partner | null {
  const named = hash.replace(/^#/, "").split("&").find((part) => part.startsWith("from="));
  return partners.find(({ slug }) => slug === named?.slice("from=".length)) ?? null;
}

/** What a page shows to somebody who comes from a partner; its peers learn from where only by the tick. */
export class Guest {
  readonly #partners: readonly Partner[];
  #home: Partner | null = null;

  constructor(page: HTMLElement) {
    this.#partners = partnersOf(page);
    this.#welcome(cameFrom(location.hash, this.#partners));
  }

  /** Show it as it was when a draft was kept that tells where its writer comes from. */
  again(name: string): void {
    if (!name) return;
    this.#welcome(this.#partners.find((partner) => partner.name === name) ?? null);
    if (this.#home) one<HTMLInputElement>("#say-from").checked = true;
  }

  #welcome(home: Partner | null): void {
    if (!home) return;
    this.#home = home;
    say(one("[data-say-from]"), text("say-from", this.#fill()));
    show(true, ...all("[data-came-from]"));
    // Whoever was sent here need not be sent on.
    show(false, ...all("[data-elsewhere]"));
  }

  /** Return the name of the own organisation if it is to be told to the peers, else nothing. */
  told(): string {
    return this.#home && one<HTMLInputElement>("#say-from").checked ? this.#home.name : "";
  }

  /** Say where the words lead back to. */
  tellWayBack(): void {
    if (!this.#home) return;
    say(one("[data-also-there]"), text("also-there", { ...this.#fill(), here: one(".top .name").textContent ?? "" }));
    show(true, one("[data-also-there]"));
  }

  #fill(): { name: string } {
    return { name: this.#home?.name ?? "" };
  }
}
