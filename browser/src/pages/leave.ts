/** "Leave now": replaces this page in the history with a neutral site; also when Escape is pressed three times. */
import { learn } from "./member/pins.ts";

learn();

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
