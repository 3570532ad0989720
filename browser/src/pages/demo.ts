import { secretOf } from "../core/words.ts";
import { remember } from "./team/device.ts";

// The demonstration's words are known to everybody; a real installation has no such page.
const place = document.querySelector<HTMLElement>("#unlock");
if (place) {
  const { words = "", recipient = "", next = "/in/" } = place.dataset;
  await remember(secretOf(words), recipient);
  location.replace(next);
}
