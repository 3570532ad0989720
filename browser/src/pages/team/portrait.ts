import { pictureText } from "../../core/cards.ts";

/** The side of a picture on a card, and the most bytes it may have: what is sealed has one size for everybody. */
const SIDE = 96;
const MOST_BYTES = 1500;
const QUALITIES = [0.7, 0.55, 0.4, 0.3, 0.2, 0.1];

/**
 * Make a picture small and square, as base64 of a JPEG; whatever else its file said (place, camera) stays behind.
 *
 * @throws Error when it is no picture, or one that does not become small enough.
 */
export async function smallPicture(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  const side = Math.min(bitmap.width, bitmap.height);
  for (const size of [SIDE, SIDE / 2]) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [size, size];
    const paint = canvas.getContext("2d");
    paint?.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, size, size);
    for (const quality of QUALITIES) {
      const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (small && small.size <= MOST_BYTES) return pictureText(new Uint8Array(await small.arrayBuffer()));
    }
  }
  throw new Error("too-large");
}
