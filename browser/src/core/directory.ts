import { fromBase64, toHex } from "./bytes.ts";
import { REFERENCE_BYTES } from "./cards.ts";
import { isRecipient } from "./envelope.ts";
import { MAX_CANDIDATES } from "./match.ts";
import { Refusal } from "./refusal.ts";

/** The size of a sealed name: 20 bytes and a tag. */
const SEALED_NAME_BYTES = 36;
/** How many people one block holds. */
const BLOCK = MAX_CANDIDATES;
const MOST_PEOPLE = 5000;

/** Somebody who agreed to be in the directory, as everybody may see them. */
export interface Peer {
  /** Names the card: 32 hexadecimal digits. */
  readonly reference: string;
  readonly sealedName: Uint8Array | null;
  /** Index into the offices; null for somebody who belongs to none. */
  readonly office: number | null;
  /** Whether the card names the office. */
  readonly officeShown: boolean;
  readonly discipline: string | null;
  readonly band: string | null;
  readonly gender: string | null;
  readonly languages: readonly string[];
  readonly tags: readonly string[];
  readonly channels: readonly string[];
  /** The offices that they lead. */
  readonly over: readonly number[];
  /** On call now. */
  readonly on: boolean;
  /** In how many hours they are on call next, where that is known. */
  readonly next: number | null;
  readonly block: number;
}

/** The directory of one candidate list. */
export interface Directory {
  readonly list: string;
  /** The hour in which it was made. */
  readonly at: string;
  readonly offices: readonly string[];
  readonly people: readonly Peer[];
}

/** What somebody looks for; an empty text is no wish. */
export interface Wanted {
  readonly text: string;
  readonly discipline: string;
  readonly band: string;
  readonly language: string;
  readonly tag: string;
  readonly channel: string;
  readonly on: boolean;
  /** The own office, whose people and leaders are not wanted. */
  readonly outside: number | null;
}

type Column = "office" | "shown" | "discipline" | "band" | "gender" | "speaks" | "tagged" | "reached" | "on" | "next";
type Kind = "disciplines" | "bands" | "genders" | "languages" | "tags" | "channels";
const COLUMNS: readonly Column[] = ["office", "shown", "discipline", "band", "gender", "speaks", "tagged", "reached", "on", "next"];
const KINDS: readonly Kind[] = ["disciplines", "bands", "genders", "languages", "tags", "channels"];
type Raw = { readonly list: string; readonly at: string; readonly people: number; readonly references: string; readonly names: string } & Readonly<
  Record<Column, readonly number[]> & Record<Kind | "offices", readonly string[]>
> & { readonly over: readonly (readonly number[])[] };

/** Read the directory that the server published. @throws {@link Refusal} `bad-list` when any of it is not as agreed. */
export function readDirectory(value: unknown): Directory {
  const raw = checked(value);
  const [references, names] = [bytes(raw.references, REFERENCE_BYTES, raw.people), bytes(raw.names, SEALED_NAME_BYTES, raw.people)];
  const over = new Map(raw.over.map(([index, ...offices]) => [index, offices]));
  const people = Array.from({ length: raw.people }, (_, index): Peer => {
    const at = (column: Column): number => raw[column][index] as number;
    const one = (column: Column, kind: Kind): string | null => raw[kind][at(column)] ?? null;
    const several = (column: Column, kind: Kind): string[] => raw[kind].filter((_, bit) => (at(column) >> bit) & 1);
    const name = names[index] as Uint8Array;
    return {
      reference: toHex(references[index] as Uint8Array),
      sealedName: name.some((byte) => byte !== 0) ? name : null,
      office: raw.offices[at("office")] === undefined ? null : at("office"),
      officeShown: at("shown") === 1,
      discipline: one("discipline", "disciplines"),
      band: one("band", "bands"),
      gender: one("gender", "genders"),
      languages: several("speaks", "languages"),
      tags: several("tagged", "tags"),
      channels: several("reached", "channels"),
      over: over.get(index) ?? [],
      on: at("on") === 1,
      next: at("next") > 0 ? at("next") : null,
      block: Math.floor(index / BLOCK),
    };
  });
  // Whoever took their card away since the list was made left an empty line.
  return { list: raw.list, at: raw.at, offices: raw.offices, people: people.filter(({ languages }) => languages.length > 0) };
}

function checked(value: unknown): Raw {
  const raw = value as Raw;
  if (typeof value !== "object" || value === null || !/^[0-9a-f]{32}$/.test(String(raw.list))) bad();
  if (!Number.isInteger(raw.people) || raw.people < 0 || raw.people > MOST_PEOPLE || Number.isNaN(Date.parse(String(raw.at)))) bad();
  for (const column of COLUMNS) {
    const numbers: unknown = raw[column];
    if (!Array.isArray(numbers) || numbers.length !== raw.people || !numbers.every(Number.isInteger)) bad();
  }
  for (const kind of [...KINDS, "offices"] as const) {
    const texts: unknown = raw[kind];
    if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string")) bad();
  }
  if (!Array.isArray(raw.over) || !raw.over.every((row) => Array.isArray(row) && row.every(Number.isInteger))) bad();
  return raw;
}

function bytes(text: unknown, size: number, count: number): Uint8Array[] {
  const whole = typeof text === "string" ? fromBase64(text) : bad();
  if (whole.length !== size * count) bad();
  return Array.from({ length: count }, (_, index) => whole.subarray(index * size, (index + 1) * size));
}

/** Write a text as it is searched: without capitals and accents. */
export function plainly(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * Return who fits, those on call now first, then those who are soonest.
 *
 * `spoken` gives the words of a card as {@link plainly} writes them; each word that was typed must begin one of them.
 */
export function fitting(people: readonly Peer[], wanted: Wanted, spoken: (peer: Peer) => string): Peer[] {
  const words = plainly(wanted.text).split(/\s+/).filter(Boolean);
  const fits = people.filter(
    (peer) =>
      (!wanted.discipline || peer.discipline === wanted.discipline) &&
      (!wanted.band || peer.band === wanted.band) &&
      (!wanted.language || peer.languages.includes(wanted.language)) &&
      (!wanted.tag || peer.tags.includes(wanted.tag)) &&
      (!wanted.channel || peer.channels.includes(wanted.channel)) &&
      (!wanted.on || peer.on) &&
      (wanted.outside === null || isOutside(peer, wanted.outside)) &&
      words.every((word) => spoken(peer).includes(` ${word}`)),
  );
  return fits.sort((one, other) => soon(one) - soon(other));
}

/** Say whether somebody neither belongs to an office nor leads it. */
export function isOutside(peer: Peer, office: number): boolean {
  return peer.office !== office && !peer.over.includes(office);
}

function soon(peer: Peer): number {
  return peer.on ? 0 : (peer.next ?? Number.MAX_SAFE_INTEGER);
}

/** Somebody of a block: nothing but a key is left of who took their card away, and not even that of who cannot be asked. */
export interface Entry {
  readonly reference: string | null;
  readonly key: string | null;
  /** Their vouching key in base64url; null where they have none yet. */
  readonly vouch: string | null;
  /** Vouching key, certificate and signature in base64url; null where nobody signed yet. */
  readonly proof: string | null;
  /** Sealed details in base64. */
  readonly details: string | null;
}

/** One block of a list: whoever fetches it could be after any of its people. */
export interface Block {
  readonly list: string;
  readonly block: number;
  readonly entries: readonly Entry[];
}

/** Read a block. @throws {@link Refusal} `bad-list` when it is not the one that was asked for, or not as agreed. */
export function readBlock(value: unknown, list: string, number: number): Block {
  const block = value as Block;
  if (typeof value !== "object" || value === null || block.list !== list || block.block !== number) bad();
  if (!Array.isArray(block.entries) || block.entries.length > BLOCK) bad();
  for (const { reference, key, vouch, proof, details } of block.entries as Entry[]) {
    if (reference !== null && !/^[0-9a-f]{32}$/.test(reference)) bad();
    if ((key !== null && !isRecipient(key)) || (reference !== null && key === null)) bad();
    if (![vouch, proof, details].every((text) => text === null || typeof text === "string")) bad();
  }
  return block;
}

function bad(): never {
  throw new Refusal("bad-list");
}
