import { toUtf8 } from "../../core/bytes.ts";

const NAME = "alongside";
const STORE = "device";
const NONCE_BYTES = 12;
/** No public half begins so: what is kept for words lies under theirs. */
const PASSKEY = "passkey:";
/** That the ring of these words is under a MAC, which a server must not take back. */
const SIGNED = "signed:";

/** A secret as this device keeps it: sealed under a key which the browser uses but never gives out. */
interface Kept {
  readonly key: CryptoKey;
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

/**
 * Keep the secret of the 12 words on this device, so that they need not be typed again.
 *
 * Returns false where the browser has no such place (no secure origin, storage refused): then the words are asked for each time.
 */
export function remember(secret: Uint8Array, recipient: string): Promise<boolean> {
  return keep(secret, recipient);
}

/** Return the secret kept for the words whose public half is `recipient`, or null when this device has none. */
export function recall(recipient: string): Promise<Uint8Array | null> {
  return kept(recipient);
}

/**
 * Keep what a passkey unlocks with (the PRF result of its ceremony) on this device; `id` is its credential id in base64url.
 *
 * Returns false where the browser has no such place: then signing in unlocks nothing.
 */
export function keepPasskey(id: string, secret: Uint8Array): Promise<boolean> {
  return keep(secret, PASSKEY + id);
}

/** Return what this device keeps for a passkey, or null. */
export function recallPasskey(id: string): Promise<Uint8Array | null> {
  return kept(PASSKEY + id);
}

/** Note that the ring of the words whose public half is `recipient` is under a MAC. */
export async function noteSigned(recipient: string): Promise<void> {
  try {
    await inStore("readwrite", (store) => store.put(true, SIGNED + recipient));
  } catch {
    // Where nothing can be kept, words are typed each time and the server is asked anew.
  }
}

/** Say whether this device has seen the ring of these words under a MAC. */
export async function wasSigned(recipient: string): Promise<boolean> {
  try {
    return (await inStore<true | undefined>("readonly", (store) => store.get(SIGNED + recipient))) === true;
  } catch {
    return false;
  }
}

/** Take away all that this device keeps, for everybody who used it; `except` names passkeys that stay. */
export async function forget(except: readonly string[] = []): Promise<void> {
  try {
    const places = await inStore<IDBValidKey[]>("readonly", (store) => store.getAllKeys());
    const stay = new Set<IDBValidKey>(except.map((id) => PASSKEY + id));
    for (const place of places) if (!stay.has(place)) await inStore("readwrite", (store) => store.delete(place));
  } catch {
    // Where nothing could be kept there is nothing to take away.
  }
}

async function keep(secret: Uint8Array, place: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = await crypto.subtle.encrypt(bound(nonce, place), key, new Uint8Array(secret));
    await inStore("readwrite", (store) => store.put({ key, nonce, sealed } satisfies Kept, place));
    return true;
  } catch {
    return false;
  }
}

async function kept(place: string): Promise<Uint8Array | null> {
  try {
    const found = await inStore<Kept | undefined>("readonly", (store) => store.get(place));
    if (!found) return null;
    return new Uint8Array(await crypto.subtle.decrypt(bound(found.nonce, place), found.key, found.sealed));
  } catch {
    return null;
  }
}

function bound(nonce: Uint8Array<ArrayBuffer>, place: string): AesGcmParams {
  return { name: "AES-GCM", iv: nonce, additionalData: new Uint8Array(toUtf8(place)) };
}

async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<T> {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode);
    const result = work(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    return result.result as T;
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
