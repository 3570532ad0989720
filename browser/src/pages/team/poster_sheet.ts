import { jsPDF } from "jspdf";
import encodeQR from "qr";

import { fill } from "./texts.ts";

/** What stands on a poster. */
export interface Sheet {
  readonly language: "en" | "fr";
  readonly paper: "letter" | "a4";
  readonly link: string;
  readonly words: readonly string[];
  readonly organisation: string;
  /** The neutral name under which the organisation's pages show on a phone. */
  readonly title: string;
  readonly phone: string;
  /** The sentence of the poster's own texts in its language. */
  say(name: string): string;
}

type Colour = readonly [number, number, number];
const INK: Colour = [30, 38, 35];
const QUIET: Colour = [84, 95, 90];
const ACCENT: Colour = [29, 94, 87];
const SOFT: Colour = [227, 239, 236];
const WHITE: Colour = [255, 255, 255];

const MARGIN = 48;
const LINE = 1.32;
/** The square to scan, and the room beside it. */
const SIDE = 240;
const GAP = 32;

/** Draw the poster as a PDF of one page. */
export function drawPoster(sheet: Sheet): ArrayBuffer {
  const page = new jsPDF({ unit: "pt", format: sheet.paper, compress: true });
  page.setLanguage(sheet.language === "fr" ? "fr-CA" : "en-CA");
  page.setProperties({ title: sheet.say("title"), author: sheet.organisation, creator: "Alongside" });
  const width = page.internal.pageSize.getWidth();
  const height = page.internal.pageSize.getHeight();
  const pen = new Pen(page);
  head(pen, sheet, width);
  const below = middle(pen, sheet, width, 218);
  const free = facts(pen, sheet, width, below + 40);
  check(pen, sheet, width, height, free);
  return page.output("arraybuffer");
}

/** Writes and draws; remembers nothing but the page. */
class Pen {
  readonly page: jsPDF;

  constructor(page: jsPDF) {
    this.page = page;
  }

  /** Write text from a first baseline on, broken to a width; return the baseline after it. */
  write(text: string, x: number, y: number, width: number, size: number, colour: Colour, bold = false): number {
    this.page.setFont("helvetica", bold ? "bold" : "normal").setFontSize(size).setTextColor(...colour);
    const lines = this.page.splitTextToSize(text, width) as string[];
    lines.forEach((line, at) => this.page.text(line, x, y + at * size * LINE));
    return y + lines.length * size * LINE;
  }

  /** Return the largest size up to `most` at which a text fits on one line. */
  fitting(text: string, width: number, most: number): number {
    this.page.setFont("helvetica", "bold").setFontSize(most);
    const wide = this.page.getTextWidth(text);
    return wide <= width ? most : Math.floor((most * width * 10) / wide) / 10;
  }

  fill(x: number, y: number, width: number, height: number, colour: Colour, radius = 0): void {
    this.page.setFillColor(...colour);
    if (radius) this.page.roundedRect(x, y, width, height, radius, radius, "F");
    else this.page.rect(x, y, width, height, "F");
  }
}

function head(pen: Pen, { organisation, say }: Sheet, width: number): void {
  const room = width - 2 * MARGIN;
  pen.fill(0, 0, width, 182, ACCENT);
  pen.write(organisation, MARGIN, 52, room, pen.fitting(organisation, room, 13), WHITE, true);
  const size = pen.fitting(say("title"), room, 34);
  pen.write(say("title"), MARGIN, 104, room, size, WHITE, true);
  pen.write(say("lead"), MARGIN, 142, room, 17, WHITE);
}

function middle(pen: Pen, { link, title, phone, say }: Sheet, width: number, top: number): number {
  const right = MARGIN + SIDE + GAP;
  const room = width - right - MARGIN;
  square(pen, link, MARGIN, top, SIDE);
  let at = pen.write(say("scan"), right, top + 18, room, 18, INK, true);
  at = pen.write(say("scan_note"), right, at + 2, room, 12, QUIET);
  at = pen.write(fill(say("named"), { title }), right, at + 4, room, 12, QUIET);
  if (phone) {
    at = pen.write(say("call"), right, top + SIDE - 66, room, 18, INK, true);
    at = pen.write(phone, right, at + 10, room, pen.fitting(phone, room, 27), ACCENT, true);
    pen.write(say("call_note"), right, top + SIDE - 6, room, 12, QUIET);
  }
  return top + SIDE;
}

/** Draw the code of a link: one dark square a module, rows joined so that nothing shines through between them. */
function square(pen: Pen, link: string, x: number, y: number, side: number): void {
  const rows = encodeQR(link, "raw", { ecc: "medium", border: 1 });
  const module = side / rows.length;
  rows.forEach((row, down) => {
    for (let from = 0; from < row.length; from++) {
      if (!row[from]) continue;
      let to = from;
      while (row[to + 1]) to++;
      pen.fill(x + from * module, y + down * module, (to - from + 1) * module, module + 0.05, INK);
      from = to;
    }
  });
}

function facts(pen: Pen, { say }: Sheet, width: number, top: number): number {
  const columns = [
    { name: "what", x: MARGIN, room: SIDE },
    { name: "who", x: MARGIN + SIDE + GAP, room: width - 2 * MARGIN - SIDE - GAP },
  ];
  const ends = columns.map(({ name, x, room }) => {
    const y = pen.write(say(name), x, top, room, 15, ACCENT, true);
    return pen.write(say(`${name}_text`), x, y + 3, room, 13, INK);
  });
  return Math.max(...ends);
}

function check(pen: Pen, { words, say }: Sheet, width: number, height: number, free: number): void {
  const [top, room] = [height - 132, width - 2 * MARGIN];
  // Between the facts and the box, whatever room the paper and the language leave.
  pen.write(say("crisis"), MARGIN, (free + top) / 2 + 2, room, pen.fitting(say("crisis"), room, 14), INK, true);
  pen.fill(MARGIN, top, room, 86, SOFT, 8);
  pen.write(say("check"), MARGIN + 18, top + 25, room - 36, 11.5, QUIET);
  const line = words.join("   ");
  pen.write(line, MARGIN + 18, top + 51, room - 36, pen.fitting(line, room - 40, 20), INK, true);
  pen.write(say("check_note"), MARGIN + 18, top + 72, room - 36, 11.5, QUIET);
}
