// "My service": push to this device on and off.
import { Failure, postJson } from "./team/server.ts";
import { part, say, show } from "./team/texts.ts";

const card = document.querySelector<HTMLElement>("[data-push]");
if (card) void look(card);

function isIos(): boolean {
  const { userAgent, maxTouchPoints } = navigator;
  // A tablet of that maker calls itself a desktop computer, but has a touch screen.
  return /iPad|iPhone|iPod/.test(userAgent) || (userAgent.includes("Macintosh") && maxTouchPoints > 1);
}

async function look(place: HTMLElement): Promise<void> {
  const says = part("push-says", place);
  const on = part<HTMLButtonElement>("push-on", place);
  const off = part<HTMLButtonElement>("push-off", place);
  on.addEventListener("click", () => void working(on, turnOn(place)));
  off.addEventListener("click", () => void working(off, turnOff()));
  await refresh();

  async function refresh(): Promise<void> {
    const state = await stateOf(place);
    says.textContent = say(`push-${state}`);
    show(on, state === "off");
    show(off, state === "on");
    const mine = await entryOfThisDevice();
    if (mine) show(part("here", mine));
  }

  async function working(button: HTMLButtonElement, work: Promise<string>): Promise<void> {
    button.disabled = true;
    const trouble = await work;
    button.disabled = false;
    if (trouble === "") return;
    await refresh();
    says.textContent = say(`push-${trouble}`);
  }
}

type State = "on" | "off" | "only" | "refused" | "install" | "unsupported";

async function stateOf(place: HTMLElement): Promise<State> {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    return isIos() ? "install" : "unsupported";
  }
  if (Notification.permission === "denied") return "refused";
  const mine = await entryOfThisDevice();
  if (!mine || !sameKey(await subscription(), place.dataset["pushKey"] ?? "")) return "off";
  return mine.querySelector("[data-remove]") ? "on" : "only";
}

async function subscription(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration("/in/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** Say whether a subscription is for this installation's present key; one for another key would never arrive. */
function sameKey(found: PushSubscription | null, key: string): boolean {
  const held = found?.options.applicationServerKey;
  return held ? base64url(new Uint8Array(held)) === key : false;
}

/** Return the line of the list that stands for this device. */
async function entryOfThisDevice(): Promise<HTMLElement | null> {
  const found = "serviceWorker" in navigator ? await subscription() : null;
  const lines = [...document.querySelectorAll<HTMLElement>("[data-endpoint]")];
  return lines.find((line) => line.dataset["endpoint"] === found?.endpoint) ?? null;
}

/** Subscribe and tell the server; return what went wrong. When all went well the page loads again. */
async function turnOn(place: HTMLElement): Promise<string> {
  const { push = "", pushKey = "", worker = "" } = place.dataset;
  if ((await Notification.requestPermission()) !== "granted") return Notification.permission === "denied" ? "refused" : "off";
  let made: PushSubscription;
  try {
    const registration = await navigator.serviceWorker.register(worker, { scope: "/in/" });
    await active(registration);
    const former = await registration.pushManager.getSubscription();
    if (former && !sameKey(former, pushKey)) await former.unsubscribe();
    made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: pushKey });
  } catch {
    return "unreachable";
  }
  try {
    const { p256dh = "", auth = "" } = made.toJSON().keys ?? {};
    await postJson(push, { endpoint: made.endpoint, p256dh, auth });
  } catch (error) {
    await made.unsubscribe();
    return reason(error);
  }
  location.reload();
  return "";
}

function reason(error: unknown): string {
  const codes: Record<string, string> = { refused: "not-kept", conflict: "full", "signed-out": "signed-out" };
  return (error instanceof Failure && codes[error.code]) || "failed";
}

async function active(registration: ServiceWorkerRegistration): Promise<void> {
  if (registration.active) return;
  const worker = registration.installing ?? registration.waiting;
  await new Promise<void>((resolve, reject) => {
    worker?.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve();
      if (worker.state === "redundant") reject(new Error("worker"));
    });
  });
}

/** Unsubscribe and take this device off the list, by the same form as the list's own button. */
async function turnOff(): Promise<string> {
  const mine = await entryOfThisDevice();
  const form = mine?.querySelector<HTMLFormElement>("form[data-remove]");
  if (!form) return "only";
  await (await subscription())?.unsubscribe();
  form.submit();
  return "";
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
