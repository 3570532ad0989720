// The crisis path: one screen at a time. Without script its links lead from section to section (styles/crisis.css); with it the
// steps leave no trace in the browser's history, and whoever comes from a request of theirs calls backup in one tap.
// It imports nothing, so that the page, its style and this file are all that a device has to keep.

interface Step {
  readonly at: string;
  readonly outcome: string;
}

const main = document.querySelector<HTMLElement>("main.path");
const sections = [...document.querySelectorAll<HTMLElement>("main.path > section")];
// The request that one came from; only while this page is open.
const request = /^\/in\/team\/requests\/[0-9a-f-]{36}$/.exec(place(document.referrer))?.[0] ?? "";
// In memory alone: what the browser keeps of a step is its number.
const steps: Step[] = [{ at: location.hash.slice(1), outcome: "" }];
let step = 0;

if (main) {
  main.classList.add("led");
  history.replaceState(0, "", location.pathname);
  show(false);
  document.addEventListener("click", follow);
  addEventListener("popstate", ({ state }) => {
    step = typeof state === "number" && steps[state] ? state : 0;
    show(true);
  });
  part("backup")?.addEventListener("click", (event) => {
    if (!request) return;
    event.preventDefault();
    void callBackup();
  });
  if (request) document.querySelector("[data-part=backup] small")?.remove();
  // Kept on the device, it also stands in for the first page when there is no network.
  const standsIn = !location.pathname.startsWith("/in/team/crisis/");
  const note = part("offline");
  if (note) note.hidden = navigator.onLine && !standsIn;
}

function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
  const at = link?.hash.slice(1) ?? "";
  const section = sections.find(({ id }) => id === at);
  if (!section) return;
  event.preventDefault();
  go(at, section.dataset["outcome"] ?? (at === "start" ? "" : (steps[step]?.outcome ?? "")));
}

function go(at: string, outcome: string): void {
  step += 1;
  steps.splice(step, steps.length, { at, outcome });
  history.pushState(step, "", location.pathname);
  show(true);
}

function show(moved: boolean): void {
  const here = sections.find(({ id }) => id === steps[step]?.at) ?? sections[0];
  for (const one of sections) one.classList.toggle("here", one === here);
  dressEnd(steps[step]?.outcome ?? "");
  if (!moved) return;
  scrollTo(0, 0);
  const title = here?.querySelector<HTMLElement>("h2");
  if (!title) return;
  title.tabIndex = -1;
  title.focus();
}

/** Lead from the last screen to the request, with how it ended: ticked there, and sent only when it is closed. */
function dressEnd(outcome: string): void {
  const end = part<HTMLAnchorElement>("to-request");
  if (!end || !request) return;
  end.href = outcome ? `${request}#ended=${outcome}` : request;
  end.textContent = (outcome ? end.dataset["close"] : end.dataset["request"]) ?? "";
}

async function callBackup(): Promise<void> {
  tell("asking", "notice");
  try {
    const page = await pageAt(request);
    const token = page.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
    // Only whoever took it can call somebody to help; a number helps everybody.
    if (!page.querySelector('[data-part="request"][data-mine="yes"]')) throw new Error("not mine");
    const after = await pageAt(`${request}/backup`, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: token }) });
    const said = after.querySelector(".messages .notice");
    if (!said) throw new Error("no answer");
    tell(said.textContent?.trim() ?? "", said.className);
  } catch {
    go("backup", steps[step]?.outcome ?? "");
    tell("failed", "notice urgent");
  }
}

function tell(what: string, look: string): void {
  const says = part("backup-says");
  if (!says) return;
  says.hidden = false;
  says.className = look;
  says.textContent = says.dataset[what] ?? what;
}

async function pageAt(address: string, more: RequestInit = {}): Promise<Document> {
  const answer = await fetch(address, more);
  // Signed out, one is led to the sign-in page.
  if (!answer.ok || !place(answer.url).startsWith("/in/team/")) throw new Error("not there");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function place(address: string): string {
  return address.startsWith(`${location.origin}/`) ? new URL(address).pathname : "";
}

function part<Of extends HTMLElement = HTMLElement>(name: string): Of | null {
  return document.querySelector<Of>(`[data-part="${name}"]`);
}
