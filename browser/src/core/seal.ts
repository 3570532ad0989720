import { Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

import { shuffled } from "./bytes.ts";
import { isRecipient, sealedBytes, type Slots } from "./envelope.ts";
import { pad } from "./pad.ts";
import { Refusal } from "./refusal.ts";

/**
 * Seal text for people, so that neither length nor number of stanzas tells how many they are.
 *
 * Missing recipients are filled with throw-away ones and all are put in random order. `slots` follows the size of the whole
 * pool of candidates (more than 12: 24), never how many are left after some were left out.
 *
 * @throws {@link Refusal} `no-recipient`, `too-many`, `bad-recipient` (not `age1pq1...`, a repeat, a broken key) or `too-long`.
 */
export async function sealFor(recipients: readonly string[], text: string, slots: Slots): Promise<Uint8Array> {
  if (recipients.length === 0) throw new Refusal("no-recipient");
  if (recipients.length > slots) throw new Refusal("too-many");
  recipients.forEach((recipient, at) => {
    if (!isRecipient(recipient) || recipients.indexOf(recipient) !== at) throw new Refusal("bad-recipient", at);
  });
  const padded = pad(text);
  const fillers = await Promise.all(Array.from({ length: slots - recipients.length }, throwAway));
  return sealBytes(shuffled([...recipients, ...fillers]), padded);
}

/**
 * Seal text for one reply box: one stanza, the same padding.
 *
 * @throws {@link Refusal} `bad-recipient` or `too-long`.
 */
export async function sealToBox(recipient: string, text: string): Promise<Uint8Array> {
  return sealBytes([recipient], pad(text));
}

/**
 * Seal bytes as they are, one stanza for each recipient in the given order.
 *
 * For content whose size is the same for everybody: a padded block, a wrapped identity.
 *
 * @throws {@link Refusal} `bad-recipient` for all but sound hybrid recipients.
 */
export async function sealBytes(recipients: readonly string[], plain: Uint8Array): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  recipients.forEach((recipient, at) => {
    // age itself would take classical recipients and mixes.
    if (!isRecipient(recipient)) throw new Refusal("bad-recipient", at);
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new Refusal("bad-recipient", at);
    }
  });
  const sealed = await encrypter.encrypt(plain).catch(() => {
    throw new Refusal("bad-recipient");
  });
  // What is sent must have the one size of its kind, whatever a later version of age does.
  if (sealed.length !== sealedBytes(recipients.length, plain.length)) throw new Refusal("bad-envelope");
  return sealed;
}

async function throwAway(): Promise<string> {
  return identityToRecipient(await generateHybridIdentity());
}
