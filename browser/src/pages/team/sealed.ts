import { readPayload, type RequestPayload } from "../../core/payload.ts";
import { Refusal } from "../../core/refusal.ts";
import { getBytes } from "./server.ts";
import type { Unlocked } from "./unlock.ts";

/** An opened request: what it says, and the text exactly as it was sealed, for sealing it once more. */
export interface Opened {
  readonly payload: RequestPayload;
  readonly plain: string;
}

/**
 * Fetch a request and open it; where it was sealed for this supporter and a peer sealed a copy besides (`spare`), the copy is second choice.
 *
 * @throws {@link Failure} and {@link Refusal}
 */
export async function openRequest(device: Unlocked, envelope: string, spare = ""): Promise<Opened> {
  try {
    return await opened(device, envelope);
  } catch (error) {
    // New keys after a lost phone open nothing older.
    if (!spare || !(error instanceof Refusal)) throw error;
    return opened(device, spare);
  }
}

async function opened(device: Unlocked, address: string): Promise<Opened> {
  const plain = await device.open(await getBytes(address));
  return { plain, payload: readPayload("request", plain) };
}
