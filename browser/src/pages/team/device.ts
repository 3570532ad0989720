import { toUtf8 } from "../../core/bytes.ts";

const NAME = "alongside";
const STORE = "device";
const NONCE_BYTES = 12;

/** The secret of the 12 words as this device keeps it: sealed under a key which the browser uses but never gives out. */
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
export async function remember(secret: Uint8Array, recipient: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = await crypto.subtle.encrypt(bound(nonce, recipient), key, new Uint8Array(secret));
    await inStore("readwrite", (store) => store.put({ key, nonce, sealed } satisfies Kept, recipient));
    return true;
  } catch {
    return false;
  }
}

/** Return the secret kept for the words whose public half is `recipient`, or null when this device has none. */
export async function recall(recipient: string): Promise<Uint8Array | null> {
  try {
    const kept = await inStore<Kept | undefined>("readonly", (store) => store.get(recipient));
    if (!kept) return null;
    return new Uint8Array(await crypto.subtle.decrypt(bound(kept.nonce, recipient), kept.key, kept.sealed));
  } catch {
    return null;
  }
}

/**
 * Keep the secret that a passkey gave (WebAuthn PRF) on this device; `id` is the passkey's own id in base64url.
 *
 * Returns false where the browser has no such place.
 */
export function keepPasskey(id: string, secret: Uint8Array): Promise<boolean> {
  return remember(secret, `passkey:${id}`);
}

/** Take away all that this device keeps, for everybody who used it. */
export async function forget(): Promise<void> {
  try {
    await inStore("readwrite", (store) => store.clear());
  } catch {
    // Where nothing could be kept there is nothing to take away.
  }
}

function bound(nonce: Uint8Array<ArrayBuffer>, recipient: string): AesGcmParams {
  return { name: "AES-GCM", iv: nonce, additionalData: new Uint8Array(toUtf8(recipient)) };
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
