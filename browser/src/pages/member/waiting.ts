import "./common.ts";
import { here, waitingMark, waitingPlace } from "./here.ts";
import { drawer, isShared } from "./place.ts";

/** Which form wrote it. */
export type Kind = "ask" | "colleague" | "manager";

/** What was written without a network and waits on this device; after sending, what its writer still has to be told. */
export interface Waiting {
  readonly id: string;
  readonly kind: Kind;
  /** To the minute. */
  readonly written: string;
  readonly state: "waiting" | "held" | "sent";
  /** When this device last began to post it; it may have arrived. */
  readonly tried: string | null;
  readonly sent: string | null;
  /** What was kept; null when it cannot be opened any more. */
  readonly draft: unknown;
}

/** What is kept in the browser's database: the draft sealed under a key that no script can take out of the browser. */
interface Row extends Omit<Waiting, "draft"> {
  readonly key: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly box: ArrayBuffer;
}

/** This browser keeps nothing: no room, no database, a private window, or a shared computer. */
export class CannotKeep extends Error {}

const MOST = 3;
const STORE = "kept";

/**
 * Keep what was written until there is a network, sealed under a key of its own; returns its name. `former` is the one that it is kept
 * instead of: there is always one of the two, never both, unless the former was sent: its writer is still told so.
 *
 * @throws {@link CannotKeep}
 */
export async function keep(draft: unknown, kind: Kind, tried: string | null = null, former = ""): Promise<string> {
  const page = here();
  if (!page || isShared()) throw new CannotKeep();
  try {
    const unsent = (await rows()).filter(({ state }) => state !== "sent");
    if (unsent.filter(({ id }) => id !== former).length >= MOST) throw new CannotKeep();
    const id = crypto.randomUUID();
    const written = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
    // The mark first: a draft that no page looks for would wait for ever.
    drawer().setItem(waitingMark(page), "1");
    const row: Row = { id, kind, written, state: "waiting", tried, sent: null, ...(await sealed(draft)) };
    await write(row, unsent.some(({ id: one }) => one === former) ? former : "");
    return id;
  } catch {
    await unmarkWhereEmpty();
    throw new CannotKeep();
  }
}

/** Return what waits on this device, the oldest first. */
export async function waiting(): Promise<Waiting[]> {
  const found = (await rows()).sort((one, other) => one.written.localeCompare(other.written));
  return Promise.all(found.map(opened));
}

/** Return one that waits, as it is now. */
export async function find(id: string): Promise<Waiting | null> {
  const row = (await rows()).find((one) => one.id === id);
  return row ? opened(row) : null;
}

/**
 * Write down how one stands: `draft`, where given, is sealed under a new key and the former key is gone.
 *
 * No change where it was forgotten, or sent: what is told of that is the only sign of it, and may be the only way back.
 */
export async function note(id: string, change: Partial<Pick<Waiting, "state" | "tried" | "sent" | "draft">>): Promise<void> {
  const row = (await rows()).find((one) => one.id === id);
  if (!row || row.state === "sent") return;
  const { draft, ...rest } = change;
  await write({ ...row, ...rest, ...(draft === undefined ? {} : await sealed(draft)) });
}

/** Forget one: the sealed draft and its key. */
export async function forget(id: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(id));
  await unmarkWhereEmpty();
}

async function unmarkWhereEmpty(): Promise<void> {
  const page = here();
  if (!page || (await rows().catch(() => [])).length > 0) return;
  try {
    drawer().removeItem(waitingMark(page));
  } catch {
    // Without a drawer there was no mark.
  }
}

async function sealed(draft: unknown): Promise<Pick<Row, "key" | "iv" | "box">> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(draft)));
  return { key, iv, box };
}

async function opened({ key, iv, box, ...rest }: Row): Promise<Waiting> {
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, box);
    return { ...rest, draft: JSON.parse(new TextDecoder().decode(plain)) as unknown };
  } catch {
    return { ...rest, draft: null };
  }
}

async function rows(): Promise<Row[]> {
  if (isShared()) return [];
  return inStore("readonly", (store) => store.getAll() as IDBRequest<Row[]>);
}

async function write(row: Row, former = ""): Promise<void> {
  await inStore("readwrite", (store) => {
    if (former) store.delete(former);
    return store.put(row);
  });
}

async function inStore<T>(mode: IDBTransactionMode, run: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await openDatabase();
  try {
    return await new Promise<T>((resolve, reject) => {
      // On the disk before anything is said to be kept.
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = run(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(new CannotKeep());
    });
  } finally {
    database.close();
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const page = here();
  return new Promise((resolve, reject) => {
    if (!page) return reject(new CannotKeep());
    const request = indexedDB.open(waitingPlace(page), 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(new CannotKeep());
  });
}
