// Draws the mark (alongside/site/static/mark.svg) as PNG, for home screens that take no SVG. Two bars on paper; the bars keep
// to the middle four fifths, so that a system may cut the edges round.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

const PAPER = [0xfa, 0xf8, 0xf4];
// x, y, width, height, radius in the mark's own square of 28, and the colour.
const BARS = [
  [5, 2, 7, 24, 3.5, [0x3d, 0x8f, 0x84]],
  [16, 7, 7, 19, 3.5, [0x8f, 0xb9, 0xb2]],
];
const SCALE = 0.72;
const FINE = 4;

function inside([x, y, width, height, radius], px, py) {
  const dx = Math.max(x + radius - px, px - (x + width - radius), 0);
  const dy = Math.max(y + radius - py, py - (y + height - radius), 0);
  return dx * dx + dy * dy <= radius * radius;
}

function colourAt(px, py) {
  return BARS.find((bar) => inside(bar, px, py))?.[5] ?? PAPER;
}

function pixel(column, row, size) {
  const sum = [0, 0, 0];
  for (let i = 0; i < FINE * FINE; i += 1) {
    const at = (place, step) => ((place + (step + 0.5) / FINE) / size - 0.5) * (28 / SCALE) + 14;
    colourAt(at(column, i % FINE), at(row, Math.floor(i / FINE))).forEach((value, channel) => (sum[channel] += value));
  }
  return sum.map((value) => Math.round(value / (FINE * FINE)));
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body) >>> 0, 4 + body.length);
  return frame;
}

function png(size) {
  const rows = Buffer.alloc(size * (1 + 3 * size));
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) rows.set(pixel(column, row, size), row * (1 + 3 * size) + 1 + 3 * column);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

/** Write the icons into a folder. */
export function writeIcons(folder) {
  for (const size of [192, 512]) writeFileSync(join(folder, `icon-${size}.png`), png(size));
}
