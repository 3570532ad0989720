/** The directory: cards of peers who agreed to be shown. What somebody looks for stays in this page. */
import { fitting, isOutside, type Peer, plainly, type Wanted } from "../core/directory.ts";
import { Refusal } from "../core/refusal.ts";
import { Cards } from "./member/cards.ts";
import { all, fact, one, say, show } from "./member/dom.ts";
import { clockTime } from "./member/moments.ts";
import { fetchDirectory, Names } from "./member/people.ts";
import { pinned } from "./member/pins.ts";
import { withMark, isShared } from "./member/place.ts";
import { counted, text } from "./member/texts.ts";

/** As many as are drawn at once: more than fit on a screen, and few enough for an old phone to draw at each letter. */
const PAGE = 12;

/** So many cards are drawn ahead at a time, and so long the page breathes between. */
const AT_ONCE = 4;
const BREATH_MS = 20;

const page = one("#choose");
const base = fact(page, "base");
const place = { locale: fact(page, "locale"), zone: fact(page, "zone") };
const filters = one<HTMLFormElement>("[data-filters]", page);
const list = one("[data-peers]", page);
const more = one("[data-more]", page);

let people: readonly Peer[] = [];
let spoken = new Map<Peer, string>();
let cards: Cards | null = null;
let shown = PAGE;

function value(selector: string): string {
  return one<HTMLInputElement | HTMLSelectElement>(selector, filters).value;
}

function wanted(): Wanted {
  const by = (name: string): string => value(`[data-by="${name}"]`);
  const outside = value("[data-outside]");
  return {
    text: value("[data-find]"),
    discipline: by("discipline"),
    band: by("band"),
    language: by("language"),
    tag: by("tag"),
    channel: by("channel"),
    on: one<HTMLInputElement>("[data-on]", filters).checked,
    outside: outside === "" ? null : Number(outside),
  };
}

/** Draw who fits. Everything that is looked for is here: nothing leaves the page. */
function draw(): void {
  if (!cards) return;
  const looked = wanted();
  const found = fitting(people, looked, (peer) => spoken.get(peer) ?? "");
  const outside = (peer: Peer): boolean => looked.outside !== null && isOutside(peer, looked.outside);
  const showing = found.slice(0, shown).map((peer) => (cards as Cards).card(peer, outside(peer)));
  // What stands there already is not laid out anew.
  if (showing.length !== list.childElementCount || showing.some((item, at) => list.children[at] !== item)) list.replaceChildren(...showing);
  show(found.length > shown, more);
  show(found.length === 0 && people.length > 0, one("[data-none]", page));
  say(one("[data-count]", page), found.length === people.length ? counted("count", people.length) : text("count.of", { n: found.length, all: people.length }));
  const used = all<HTMLSelectElement>("details select", filters).filter((select) => select.value !== "").length;
  say(one("[data-used]", page), used > 0 ? text("used", { n: used }) : "");
  show(used > 0, one("[data-used]", page));
}

function redraw(): void {
  shown = PAGE;
  draw();
}

async function begin(): Promise<void> {
  const code = pinned(fact(page, "organisation"))?.code ?? null;
  const [{ directory, old }, names] = await Promise.all([fetchDirectory(base), Names.of(code)]);
  const opened = await names.open(directory.people);
  people = directory.people;
  const mark = isShared() ? withMark : (hash: string): string => hash;
  cards = new Cards({ base, names, directory, ask: (peer) => `${fact(page, "path")}/ask${mark(`#peer=${peer.reference}`)}` });
  spoken = new Map(people.map((peer) => [peer, ` ${plainly((cards as Cards).words(peer)).replace(/[^\p{L}\p{N}]+/gu, " ")}`]));
  const outside = one<HTMLSelectElement>("[data-outside]", filters);
  outside.append(...directory.offices.map((office, index) => new Option(office, String(index))));
  if (opened !== "all" && people.length > 0) {
    say(one("[data-code]", page), text({ "no-code": "code.none", none: "code.wrong", some: "code.some" }[opened]));
    show(true, one("[data-code]", page));
  }
  if (old) {
    say(one("[data-old]", page), text("old", { time: clockTime(directory.at, place) }));
    show(true, one("[data-old]", page));
  }
  // Of a handful everybody is seen at a glance: nothing to look for.
  show(people.length > 1, filters);
  show(people.length === 0, one("[data-empty]", page));
  draw();
  prepare([...people].reverse());
}

/** Draw the other cards before they are looked for, a few at a time: at a letter they only take their places. */
function prepare(left: Peer[]): void {
  const few = left.splice(-AT_ONCE);
  for (const peer of few) cards?.prepare(peer);
  if (left.length > 0) setTimeout(() => prepare(left), BREATH_MS);
}

show(false, ...all("[data-without-script]"));
show(true, ...all("[data-with-script]"));
filters.addEventListener("input", redraw);
filters.addEventListener("submit", (event) => event.preventDefault());
one("[data-clear]", page).addEventListener("click", () => {
  filters.reset();
  redraw();
  one("[data-find]", filters).focus();
});
one("button", more).addEventListener("click", () => {
  const next = shown;
  shown += PAGE;
  draw();
  one("a, button", list.children[next] as HTMLElement).focus();
});
begin()
  .catch((error: unknown) => {
    say(one("[data-trouble]", page), text(error instanceof Refusal ? "broken" : "lost"));
    show(true, one("[data-trouble]", page));
  })
  .finally(() => show(false, one("[data-looking]", page)));
