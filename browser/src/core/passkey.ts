import { sha256 } from "@noble/hashes/sha2.js";

import { fromBase64Url, toBase64Url, toUtf8 } from "./bytes.ts";

/** What every passkey is asked to evaluate its own secret on (WebAuthn PRF): fixed, so that each device gets the same. */
export const PRF_SALT: Uint8Array<ArrayBuffer> = new Uint8Array(sha256(toUtf8("alongside passkey v1")));
const SECRET_BYTES = 32;

/** Options as the server writes them: every binary value is base64url. */
export interface Question {
  readonly challenge: string;
  readonly user?: { readonly id: string; readonly name: string; readonly displayName?: string };
  readonly excludeCredentials?: readonly Listed[];
  readonly allowCredentials?: readonly Listed[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}

interface Listed {
  readonly type: string;
  readonly id: string;
}

/** What is posted of a passkey: nothing but what the server needs to check it. */
export interface Credential {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly response: Readonly<Record<string, string>>;
  readonly clientExtensionResults: { readonly credProps?: { readonly rk?: boolean } };
}

/** A ceremony that worked: what to post, and what must stay on this device. */
export interface Used {
  readonly credential: Credential;
  /** 32 bytes that only this passkey gives, or null where the authenticator has no PRF. */
  readonly secret: Uint8Array<ArrayBuffer> | null;
  /** Whether a further use may give the secret that making the passkey did not. */
  readonly later: boolean;
}

/** The browser's door to authenticators: `navigator.credentials`. */
export interface Door {
  create(options: { publicKey?: object }): Promise<unknown>;
  get(options: { publicKey?: object }): Promise<unknown>;
}

/** Why a ceremony did not happen, as far as a browser tells. */
export type PasskeyTrouble = "cancelled" | "known" | "other-address" | "unsupported";

/** Make a passkey; rejects as the browser does, see {@link whyNot}. */
export async function createPasskey(question: Question, door: Door): Promise<Used> {
  return used((await door.create({ publicKey: options(question) })) as Answer, ["clientDataJSON", "attestationObject"]);
}

/** Use a passkey; rejects as the browser does, see {@link whyNot}. */
export async function usePasskey(question: Question, door: Door): Promise<Used> {
  const answer = (await door.get({ publicKey: options(question) })) as Answer;
  return used(answer, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
}

/** Return the question that lets one passkey give its secret, with nobody to prove anything to. */
export function secretQuestion(credential: Credential, rpId: string, challenge: Uint8Array): Question {
  const allowCredentials = [{ type: "public-key", id: credential.id }];
  return { challenge: toBase64Url(challenge), rpId, allowCredentials, userVerification: "required" };
}

/** Return why a ceremony did not happen; browsers do not tell a person who said no from a device without a passkey. */
export function whyNot(error: unknown): PasskeyTrouble {
  switch (error instanceof Error || typeof error === "object" ? (error as { name?: unknown } | null)?.name : "") {
    case "InvalidStateError":
      return "known";
    case "SecurityError":
      return "other-address";
    case "NotSupportedError":
    case "ConstraintError":
    case "TypeError":
      return "unsupported";
    default:
      return "cancelled";
  }
}

interface Answer {
  readonly rawId: ArrayBuffer;
  readonly response: Readonly<Record<string, ArrayBuffer | null>>;
  getClientExtensionResults(): {
    readonly credProps?: { readonly rk?: boolean };
    readonly prf?: { readonly enabled?: boolean; readonly results?: { readonly first?: BufferSource } };
  };
}

function options({ challenge, user, excludeCredentials, allowCredentials, extensions, ...rest }: Question): object {
  return {
    ...rest,
    challenge: fromBase64Url(challenge),
    ...(user && { user: { displayName: user.name, ...user, id: fromBase64Url(user.id) } }),
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(listed) }),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(listed) }),
    extensions: { ...extensions, prf: { eval: { first: PRF_SALT } } },
  };
}

function listed({ type, id }: Listed): object {
  return { type, id: fromBase64Url(id) };
}

// What is posted is put together from the parts that are needed, so that nothing a browser adds can slip through.
function used(answer: Answer, parts: readonly string[]): Used {
  const { credProps, prf } = answer.getClientExtensionResults();
  const id = toBase64Url(new Uint8Array(answer.rawId));
  const response: Record<string, string> = {};
  for (const part of parts) {
    const value = answer.response[part];
    if (value) response[part] = toBase64Url(new Uint8Array(value));
  }
  const rk = typeof credProps?.rk === "boolean" ? { credProps: { rk: credProps.rk } } : {};
  const secret = secretOf(prf?.results?.first);
  return {
    credential: { id, rawId: id, type: "public-key", response, clientExtensionResults: rk },
    secret,
    later: secret === null && prf?.enabled === true,
  };
}

function secretOf(first: BufferSource | undefined): Uint8Array<ArrayBuffer> | null {
  if (!first) return null;
  const bytes = first instanceof ArrayBuffer ? new Uint8Array(first) : new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
  return bytes.length === SECRET_BYTES ? new Uint8Array(bytes) : null;
}
