/** The limits page: the six words by which a person sees that this page belongs to the poster on the wall. */
import { fact, one, say, show } from "./member/dom.ts";
import { pinned, same, trust } from "./member/pins.ts";
import { text } from "./member/texts.ts";

const block = one("[data-look]");
const [base, slug] = [fact(block, "base"), fact(block, "organisation")];
const told = one("[data-look-told]", block);

async function look(): Promise<void> {
  const { checkWords, rootToCompare } = await import("./member/checking.ts");
  const root = await rootToCompare(slug, base);
  const pin = pinned(slug);
  show(root !== null, one("[data-look-with]", block));
  if (!root) return say(told, text("look.unsigned"));
  say(one("[data-look-words]", block), checkWords(root).join(" "));
  const known = pin !== null && same(pin.root, root);
  say(told, text(known ? "look.known" : pin ? "look.other" : "look.new"));
  const same_ = one("[data-look-same]", block);
  show(!known, same_);
  same_.onclick = () => {
    trust(slug, root);
    say(told, text(pinned(slug) ? "look.known" : "look.not-kept"));
    show(false, same_);
  };
}

show(true, block);
void look().catch(() => say(told, text("look.offline")));
