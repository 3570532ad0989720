/** A supporter's own card: filled in, shown beside what is sealed, and sealed on this device with the code of the poster. */
import { fromBase64, fromBase64Url, fromHex, randomBytes, toBase64 } from "../core/bytes.ts";
import { type CardKeys, cardKeys, CODE_BYTES, type Details, nameRoom, openDetails, openName, pictureBytes, REFERENCE_BYTES, sealDetails, sealName } from "../core/cards.ts";
import { Refusal } from "../core/refusal.ts";
import { pinned } from "./member/pins.ts";
import { make } from "./member/dom.ts";
import { smallPicture } from "./team/portrait.ts";
import { Failure, postJson } from "./team/server.ts";
import { complain, part, say, show } from "./team/texts.ts";

const root = part("card");
const form = document.querySelector<HTMLFormElement>('[data-part="form"]');
const { organisation = "", show: address = "", reference = "", name: sealedName = "", details: sealedDetails = "", vouch = "" } = root.dataset;

let picture = "";
/** What tells the page after a reload that it was saved: a word, or the code that was pasted before. */
const SAVED = "card-saved";
const PLAIN = "yes";

/** The code of a link that was pasted: known to this page only, while it is open. */
let pasted: Uint8Array | null = null;

const input = (name: string): HTMLInputElement => part<HTMLInputElement>(name);
const picked = (name: string): HTMLSelectElement => document.querySelector(`[data-one="${name}"]`) as HTMLSelectElement;
const ticked = (name: string): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>(`[data-many="${name}"]:checked`)];
const keysOf = (name: string): string[] => ticked(name).map(({ value }) => value);
const labelOf = (box: HTMLInputElement): string => box.parentElement?.querySelector("span")?.textContent ?? "";
const optional = <T extends HTMLElement>(name: string): T | null => document.querySelector<T>(`[data-part="${name}"]`);

function details(): Details {
  return { name: input("name").value.trim(), phone: input("phone").value.trim(), email: input("email").value.trim(), picture };
}

function code(): Uint8Array | null {
  return pasted ?? pinned(organisation)?.code ?? null;
}

const LINK = /[#&]p=([A-Za-z0-9_-]{64})(?:&|$)/;

/** Return the code in a poster's link, which comes after the verifying key; null when there is none. */
function codeIn(link: string): Uint8Array | null {
  const carried = LINK.exec(link.trim())?.[1];
  return carried ? fromBase64Url(carried).slice(-CODE_BYTES) : null;
}

/** The supporter's vouching key, to which what is sealed is bound; null where they have none yet. */
function vouching(): Uint8Array | null {
  return vouch ? fromBase64Url(vouch) : null;
}

/** Draw both sides of the card as they would be seen. */
function preview(): void {
  const chosen = (name: string): string => (picked(name).value ? (picked(name).selectedOptions[0]?.text ?? "") : "");
  const office = optional<HTMLInputElement>("office-shown");
  const list = new Intl.ListFormat(document.documentElement.lang || "en").format(ticked("languages").map(labelOf));
  const where = office?.checked ? (office.dataset["office"] ?? "") : say("outside");
  const tags = ticked("tags").map((box) => make("li", "chip plain", labelOf(box)));
  part("open-preview").replaceChildren(
    make("p", "", make("b", "", chosen("discipline") || say("peer"))),
    make("p", "quiet", [chosen("band"), where].filter(Boolean).join(" · ")),
    ...(list ? [make("p", "", say("speaks", { list }))] : []),
    ...(tags.length > 0 ? [make("ul", "tags", ...tags)] : []),
    make("p", "quiet small", ticked("channels").map(labelOf).join(" · ")),
  );
  const { name, phone, email } = details();
  const lines = [name, phone, email].filter(Boolean).map((text, at) => make("p", "", at === 0 && name ? make("b", "", text) : text));
  const sealed = part("sealed-preview");
  sealed.replaceChildren(...(lines.length > 0 ? lines : [make("p", "quiet", say("nothing-sealed"))]));
  if (picture) void draw(sealed);
  show(part("no-picture"), picture !== "");
}

async function draw(place: HTMLElement): Promise<void> {
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(pictureBytes(picture))]));
  const canvas = make("canvas", "portrait");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", say("picture"));
  place.querySelector("canvas")?.remove();
  place.prepend(canvas);
}

/** Say what is wrong with what was filled in, where it is; true when nothing is. */
function sound(): boolean {
  const { name, phone, email } = details();
  const likes = keysOf("channels");
  const gives = name !== "" || phone !== "" || email !== "" || picture !== "";
  const problems: Readonly<Record<string, string>> = {
    "link-trouble": gives && !code() ? "no-code" : "",
    "name-trouble": gives && !name ? "name" : nameRoom(name) < 0 ? "name-long" : "",
    "phone-trouble": gives && (likes.includes("call") || likes.includes("text")) && phone.replace(/\D/g, "").length < 3 ? "phone" : "",
    "email-trouble": gives && likes.includes("email") && !/^\S+@\S+\.\S+$/.test(email) ? "email" : "",
    trouble: !picked("discipline").value || !picked("band").value ? "choose" : keysOf("languages").length === 0 ? "no-language" : input("consent").checked ? "" : "consent",
  };
  for (const [place, problem] of Object.entries(problems)) complain(part(place), problem && say(`fail.${problem}`));
  const first = Object.keys(problems).find((place) => problems[place]);
  const field = first && first !== "trouble" ? optional<HTMLInputElement>(first.replace("-trouble", "")) : null;
  field?.focus();
  return first === undefined;
}

async function sealedParts(): Promise<{ reference: string; name: string | null; details: string | null; vouch: string | null }> {
  // Drawn anew each time: it is the nonce of what is sealed.
  const fresh = randomBytes(REFERENCE_BYTES);
  const [secret, given] = [code(), details()];
  if (!secret || !given.name) return { reference: toBase64(fresh), name: null, details: null, vouch: null };
  const bound = vouching();
  const keys = await cardKeys(secret);
  return {
    reference: toBase64(fresh),
    name: toBase64(await sealName(keys, given.name, fresh)),
    details: toBase64(await sealDetails(keys, given, fresh, bound)),
    // Another one by now, and it would open for nobody: then the server says so.
    vouch: bound && toBase64(bound),
  };
}

async function save(button: HTMLButtonElement): Promise<void> {
  show(part("saved"), false);
  if (!sound()) return;
  button.setAttribute("aria-busy", "true");
  try {
    await postJson(address, {
      shown: {
        discipline: picked("discipline").value,
        band: picked("band").value,
        office_shown: optional<HTMLInputElement>("office-shown")?.checked ?? false,
        languages: keysOf("languages"),
        gender: picked("gender").value,
        tags: keysOf("tags"),
        channels: keysOf("channels"),
        over: keysOf("over"),
      },
      sealed: await sealedParts(),
    });
    location.hash = "";
    // A pasted code lives through this one reload, so that the page shows what was just sealed with it.
    sessionStorage.setItem(SAVED, pasted ? toBase64(pasted) : PLAIN);
    location.reload();
  } catch (error) {
    complain(part("trouble"), say(`fail.${problemOf(error)}`));
    button.removeAttribute("aria-busy");
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Refusal && error.code === "too-long") return "too-long";
  if (!(error instanceof Failure)) throw error;
  if (error.code === "conflict") return "leave";
  return error.code === "offline" || error.code === "signed-out" ? error.code : "refused";
}

/** Show what this device knows: the code, and with it what was sealed before. */
async function open(): Promise<void> {
  const secret = code();
  show(part("has-code"), secret !== null);
  show(part("ask-code"), secret === null);
  let shut = sealedName !== "" || sealedDetails !== "";
  if (secret && shut) shut = !(await fill(await cardKeys(secret)));
  show(part("cannot-open"), shut);
  if (shut && secret) show(part("ask-code"));
  preview();
}

async function fill(keys: CardKeys): Promise<boolean> {
  try {
    const nonce = fromHex(reference);
    const bytes = sealedDetails ? fromBase64(sealedDetails) : null;
    // A card that was sealed before there was a vouching key is bound to none.
    const given = bytes && (await openDetails(keys, bytes, nonce, vouching()).catch(() => openDetails(keys, bytes, nonce, null)));
    input("name").value = given?.name ?? (await openName(keys, fromBase64(sealedName), nonce));
    input("phone").value = given?.phone ?? "";
    input("email").value = given?.email ?? "";
    picture = given?.picture ?? "";
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

if (form) {
  show(part("without-script"), false);
  show(form);
  const saved = sessionStorage.getItem(SAVED);
  if (saved) {
    sessionStorage.removeItem(SAVED);
    if (saved !== PLAIN) pasted = fromBase64(saved);
    show(part("saved"));
  }
  form.addEventListener("input", preview);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector<HTMLButtonElement>('[type="submit"]') as HTMLButtonElement;
    if (button.getAttribute("aria-busy") !== "true") void save(button);
  });
  input("link").addEventListener("change", () => {
    const { value } = input("link");
    const found = codeIn(value);
    complain(part("link-trouble"), value && !found ? say("fail.link") : "");
    if (found) {
      pasted = found;
      input("link").value = "";
      void open();
    }
  });
  input("picture").addEventListener("change", () => {
    const [file] = input("picture").files ?? [];
    if (!file) return;
    smallPicture(file).then(
      (small) => {
        picture = small;
        complain(part("picture-trouble"), "");
        preview();
      },
      () => complain(part("picture-trouble"), say("fail.picture")),
    );
  });
  part("no-picture").addEventListener("click", () => {
    [picture, input("picture").value] = ["", ""];
    preview();
  });
  void open();
}
