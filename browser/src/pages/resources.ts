// Help outside: filters by need and passes an entry on. Nothing of either leaves this device by itself.
import { all } from "./member/dom.ts";
import { counted, text } from "./member/texts.ts";

const filter = document.querySelector<HTMLFormElement>("[data-filter]");
const entries = all("[data-resource]");
const groups = all("[data-group]");

/** Show what serves a need, everything for an empty one. */
function choose(need: string): void {
  for (const entry of entries) entry.hidden = need !== "" && !(entry.dataset["needs"] ?? "").split(" ").includes(need);
  for (const group of groups) {
    for (const also of all("[data-also]", group)) also.hidden = need !== "";
    group.hidden = need !== "" && all("[data-resource]", group).every((entry) => entry.hidden);
  }
  const count = filter?.querySelector("[data-count]");
  if (count) count.textContent = need === "" ? "" : counted("shown", entries.filter((entry) => !entry.hidden).length);
}

/** Show everything when a link leads to an entry or heading that the filter hides. */
function reach(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest("[hidden]")) return;
  filter?.reset();
  choose("");
  target.scrollIntoView();
}

if (filter) {
  filter.hidden = false;
  filter.addEventListener("change", () => choose(new FormData(filter).get("need")?.toString() ?? ""));
  filter.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reach);
  // A browser that comes back to the page keeps the choice; what is shown must fit it.
  addEventListener("pageshow", () => choose(new FormData(filter).get("need")?.toString() ?? ""));
}

for (const entry of entries) {
  const words = entry.querySelector("[data-passed-on]")?.textContent ?? "";
  const done = entry.querySelector("[data-done]");
  const copy = entry.querySelector<HTMLButtonElement>("[data-copy]");
  const share = entry.querySelector<HTMLButtonElement>("[data-share]");
  if (copy && "clipboard" in navigator) {
    copy.hidden = false;
    copy.addEventListener("click", () => {
      navigator.clipboard.writeText(words).then(
        () => done?.replaceChildren(text("copied")),
        () => done?.replaceChildren(text("not-copied")),
      );
    });
  }
  if (share && "share" in navigator) {
    share.hidden = false;
    // Closing the sheet is an answer, too.
    share.addEventListener("click", () => void navigator.share({ text: words }).catch(() => undefined));
  }
}
