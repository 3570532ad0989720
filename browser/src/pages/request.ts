// One request: opened on this device, answered into its reply box, what came back read.
import { fromBase64, fromBase64Url } from "../core/bytes.ts";
import { replyFrame } from "../core/frame.ts";
import { bytesLeft, readPayload, type Referral, type ReplyPayload, type RequestPayload, writePayload } from "../core/payload.ts";
import { Refusal } from "../core/refusal.ts";
import { sealToBox } from "../core/seal.ts";
import { HandOn } from "./team/hand_on.ts";
import { busy, sentenceFor, unlocked } from "./team/locked.ts";
import { wishValues } from "./team/asked.ts";
import { facts, shown } from "./team/opened.ts";
import { type Card, isOfAnotherRank, unmetBy } from "./team/peers.ts";
import { asServed, refreshing, replacePart } from "./team/refresh.ts";
import { openRequest } from "./team/sealed.ts";
import { Failure, getJson, getPage, postBytes } from "./team/server.ts";
import { complain, part, say, show } from "./team/texts.ts";
import { addresses, type Unlocked } from "./team/unlock.ts";

const root = part("request");
const { envelope = "", spare = "", messages = "", reply = "", peers = "", handOn = "", inbox = "", card = "null", mine, backup, state } = root.dataset;
const trouble = part("keys-trouble");
const read = new Set<string>();
let opened: { readonly device: Unlocked; readonly payload: RequestPayload } | null = null;

const leaving = document.querySelector<HTMLAnchorElement>("a[data-crisis]");
// Half a reply would be lost.
leaving?.addEventListener("click", () => {
  leaving.target = document.querySelector<HTMLTextAreaElement>('[data-part="reply-text"]')?.value ? "_blank" : "";
});
prefillOutcome();

asServed("clock");
asServed("asked");
refreshing(look, (failure) => {
  if (failure.code === "gone" || failure.code === "not-found") over();
  else complain(trouble, sentenceFor(failure));
});
open().catch((error: unknown) => {
  show(part("opening"), false);
  complain(trouble, sentenceFor(error));
});

async function open(): Promise<void> {
  const device = await unlocked(addresses());
  const { payload, plain } = await openRequest(device, envelope, spare);
  show(part("opening"), false);
  part("facts").replaceChildren(...facts(payload, Boolean(mine || backup)));
  show(part("facts"));
  sayUnmet(payload);
  show(part("reach-later"), !mine && !backup && payload.reach !== undefined);
  opened = { device, payload };
  // Where nobody may be asked from here, the page has no place for it.
  if (peers) new HandOn({ payload, plain }, { peers, handOn, mine: Boolean(mine), asked, over });
  if (mine) prefillChannel(payload);
  if (!mine && !backup) return;
  if (payload.referral) showReferral(payload.referral);
  show(part(payload.referral ? "no-box-referral" : "no-box"), payload.box === undefined);
  if (!payload.box) return;
  show(part("conversation"));
  if (mine) prepareReply();
  await readMessages();
}

// Somebody who did not ask themselves: the words of the offer, and what nobody may be told.
function showReferral({ kind }: Referral): void {
  const section = part("referral");
  for (const line of section.querySelectorAll<HTMLElement>("[data-for]")) show(line, line.dataset["for"] === kind);
  show(section);
  // Before contact was made the taps are folded away, and not every browser unfolds for a link.
  section.querySelector("a")?.addEventListener("click", () => document.getElementById("close-title")?.closest("details")?.setAttribute("open", ""));
}

// Whoever answers need not be who was wished for; then it is passed on as soon as that can be (B-34).
function sayUnmet({ wishes = {} }: RequestPayload): void {
  const unmet = unmetBy(wishes, JSON.parse(card) as Card | null);
  const names = wishValues(wishes, unmet).map(shown).join(", ");
  complain(part("unmet"), names && say("unmet", { wishes: names }));
  if (!mine) return;
  const due = part("hand-over");
  show(due, isOfAnotherRank(wishes, due.dataset["rank"] ?? ""));
}

// What was mine stays mine and the page says whom I asked; what only waited is somebody else's now.
function asked(): void {
  if (!mine) location.assign(inbox);
  else getPage(location.href).then(look, () => undefined);
}

// The server cannot know how the member asked to be reached; the tally's channel is filled in here, and can be changed.
function prefillChannel({ how }: RequestPayload): void {
  const form = part<HTMLFormElement>("close-form");
  const channel = form.querySelector<HTMLInputElement>(`input[name="channel"][value="${form.dataset[how] ?? ""}"]`);
  if (channel) channel.checked = true;
}

// From the crisis path one comes back with how it ended: ticked here, to be changed or sent. It does not stay in the address.
function prefillOutcome(): void {
  const ended = /^#ended=([a-z_]+)$/.exec(location.hash)?.[1];
  if (!ended) return;
  history.replaceState(null, "", location.pathname);
  const outcome = document.querySelector<HTMLInputElement>(`[data-part="close-form"] input[name="outcome"][value="${ended}"]`);
  if (!outcome) return;
  outcome.checked = true;
  const fold = outcome.closest("details");
  if (fold) fold.open = true;
  document.getElementById("close-title")?.scrollIntoView();
}

function look(page: Document): void {
  const now = page.querySelector<HTMLElement>('[data-part="request"]')?.dataset;
  if (now?.["state"] !== state || now?.["mine"] !== mine) {
    over();
    return;
  }
  complain(trouble, "");
  replacePart("clock", page);
  replacePart("asked", page);
  if (opened && (mine || backup) && opened.payload.box) readMessages().catch((error: unknown) => complain(trouble, sentenceFor(error)));
}

// The page tells how the request stands now. A half-written reply is not thrown away for it.
function over(): void {
  const typing = document.querySelector<HTMLTextAreaElement>('[data-part="reply-text"]')?.value;
  if (typing) show(part("changed"));
  else location.reload();
}

async function readMessages(): Promise<void> {
  if (!opened) return;
  const { device } = opened;
  const answer = (await getJson(messages)) as { messages: string[] };
  for (const sealed of answer.messages) {
    if (read.has(sealed)) continue;
    read.add(sealed);
    try {
      speak(readPayload("message", await device.open(fromBase64(sealed))).text, "theirs");
    } catch (error) {
      // Sealed for those who were on it when it was written.
      const before = error instanceof Refusal && error.code === "cannot-open";
      speak(before ? say("fail.not-for-you") : sentenceFor(error), "theirs");
    }
  }
}

function speak(text: string, whose: "theirs" | "ours"): void {
  const item = document.createElement("li");
  const [who, what] = [document.createElement("b"), document.createElement("p")];
  item.className = whose;
  who.textContent = say(`from.${whose}`);
  what.className = "typed";
  what.dir = "auto";
  what.textContent = text;
  item.append(who, what);
  const list = part("written");
  list.append(item);
  show(list);
  show(part("nothing-written"), false);
}

function prepareReply(): void {
  const form = part<HTMLFormElement>("reply-form");
  const [text, name] = [part<HTMLTextAreaElement>("reply-text"), part<HTMLInputElement>("reply-name")];
  const [wrong, left] = [part("reply-trouble"), part("reply-left")];
  const count = (): void => complain(left, bytesLeft(written(text.value, name.value)) < 0 ? say("fail.too-long") : "");
  text.addEventListener("input", count);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!text.value.trim()) {
      text.focus();
      return;
    }
    void busy(form, async () => {
      complain(wrong, "");
      show(part("reply-sent"), false);
      try {
        await send(written(text.value.trim(), name.value));
        speak(text.value.trim(), "ours");
        text.value = "";
        show(part("reply-sent"));
      } catch (error) {
        complain(wrong, error instanceof Failure && error.code === "full" ? say("fail.box-full") : sentenceFor(error));
      }
    });
  });
}

function written(text: string, name: string): ReplyPayload {
  const write_to = opened?.device.writeTo;
  return { v: 1, text, ...(name.trim() && { name: name.trim() }), ...(write_to && { write_to }) };
}

// A reply whose answer was lost is sent again with the same bytes: the server keeps those once.
let unsure: { readonly plain: string; readonly frame: Uint8Array<ArrayBuffer> } | null = null;

async function send(payload: ReplyPayload): Promise<void> {
  const box = opened?.payload.box;
  if (!box) return;
  const plain = writePayload("reply", payload);
  if (unsure?.plain !== plain) {
    unsure = { plain, frame: replyFrame(fromBase64Url(box.address), await sealToBox(box.recipient, plain)) };
  }
  await postBytes(reply, unsure.frame);
  unsure = null;
}
