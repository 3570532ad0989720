import "./common.ts";
import { all } from "./dom.ts";
import { Lost } from "./talk.ts";

const PATIENCE_MS = 20_000;

/**
 * Put the page of another organisation into the place of this one, with what was typed: it is the page that its address would bring,
 * but a number typed on a phone at night need not be typed twice, and is kept nowhere meanwhile.
 *
 * @throws {@link Lost} when it cannot be fetched; then nothing has changed.
 */
export async function moveTo(address: string): Promise<void> {
  const there = await fetched(address);
  const typed = all("input, textarea, select", document.querySelector("[data-form]") ?? document.body);
  history.replaceState(null, "", address);
  document.title = there.title;
  // What is kept for later is kept for the organisation that this names (here.ts), never for the one that was left.
  document.querySelector('link[rel="manifest"]')?.replaceWith(...all("link[rel=manifest]", there.head));
  document.body.replaceChildren(...[...there.body.childNodes].map((node) => document.importNode(node, true)));
  fill(typed as Field[]);
  scrollTo(0, 0);
  // Scripts brought this way do not run by themselves; a new address makes each begin anew on what now stands there.
  const scripts = all<HTMLScriptElement>("script[type=module][src]", document.body).map(({ src }) => `${src}?${performance.now()}`);
  await Promise.all(scripts.map((src) => import(src)));
}

async function fetched(address: string): Promise<Document> {
  try {
    const response = await fetch(address, {
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    // Closed meanwhile, or nobody there any more: then this page, with what was typed, is the better one.
    if (!page.querySelector("[data-form]")) throw new Lost();
    return page;
  } catch {
    throw new Lost();
  }
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Put what was typed into the fields of the same meaning. Offices are those of another organisation now. */
function fill(typed: readonly Field[]): void {
  for (const field of typed) {
    const same = field.dataset["office"] === undefined ? alike(field) : null;
    if (same === null) continue;
    if (field instanceof HTMLInputElement && same instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      same.checked = field.checked;
    } else same.value = field.value;
  }
}

function alike(field: Field): Field | null {
  const value = CSS.escape(field.value);
  if (field.id) return document.querySelector<Field>(`[data-form] #${CSS.escape(field.id)}`);
  if (field.name) return document.querySelector<Field>(`[data-form] [name="${field.name}"][value="${value}"]`);
  return document.querySelector<Field>(`[data-form] [data-topic][value="${value}"]`);
}
