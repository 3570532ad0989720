/**
 * On every page of a member: "Leave now" (replaces this page in the history with a neutral site; also when Escape is pressed three
 * times), the mark of a shared computer, the word that there is no network, and, once the page is there, what keeps it for then.
 */
import { here, waitingMark } from "./member/here.ts";
import { install } from "./member/install.ts";
import { learn } from "./member/pins.ts";
import { drawer, isShared } from "./member/place.ts";
import { beShared } from "./member/shared.ts";

learn();
// A poster's link opened in this very page changes only what stands behind the "#".
addEventListener("hashchange", learn);

const link = document.querySelector<HTMLAnchorElement>("a[data-leave]");
const PRESSES = 3;
const WITHIN_MS = 1500;

if (link) {
  let presses: number[] = [];
  const leave = (): void => {
    // The next page may take its time on a weak signal; nothing of this one stays on the screen meanwhile.
    document.body.hidden = true;
    document.title = "";
    location.replace(link.href);
  };
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener("keydown", (event) => {
    presses = event.key === "Escape" ? [...presses.filter((at) => event.timeStamp - at < WITHIN_MS), event.timeStamp] : [];
    if (presses.length >= PRESSES) leave();
  });
}

const place = here();

// That there is no network is not so any more once there is one. From which day a kept page is stays true as long as it stands there.
addEventListener("online", () => {
  document.querySelector("[data-weak]")?.setAttribute("hidden", "");
  const anew = document.querySelector<HTMLElement>("[data-anew]");
  // Loaded anew, a form would lose what was typed.
  if (!anew || document.querySelector("form")) return;
  anew.hidden = false;
  anew.onclick = () => location.reload();
});

if (place) {
  const decide = (): void => {
    if (isShared()) beShared(place);
  };
  decide();
  addEventListener("hashchange", decide);
  // After the page itself: the first page is all that a weak signal has to carry.
  const later = (): void => void install(place);
  if (document.readyState === "complete") later();
  else addEventListener("load", later);
  showWaiting();
}

/** Load what shows requests that wait on this device, where some do. */
function showWaiting(): void {
  const script = document.querySelector<HTMLElement>("[data-waiting-script]")?.dataset["waitingScript"];
  try {
    if (script && place && drawer().getItem(waitingMark(place))) void import(script);
  } catch {
    // A browser that keeps nothing has none.
  }
}
