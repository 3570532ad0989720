/** Why an exchange with the server did not do what was asked. */
export type FailureCode = "offline" | "signed-out" | "not-found" | "gone" | "conflict" | "full" | "refused";

const CODES: Readonly<Record<number, FailureCode>> = { 404: "not-found", 409: "conflict", 410: "gone", 429: "full" };

/** An exchange that failed: a short code and no sentence. */
export class Failure extends Error {
  readonly code: FailureCode;
  /** The server's own code for a refusal, where it sent one. */
  readonly refusal: string | undefined;

  constructor(code: FailureCode, refusal?: string) {
    super(code);
    this.name = "Failure";
    this.code = code;
    this.refusal = refusal;
  }
}

/** Ask for JSON. @throws {@link Failure} */
export async function getJson(address: string): Promise<unknown> {
  return (await exchange(address, {})).json();
}

/** Ask for bytes. @throws {@link Failure} */
export async function getBytes(address: string): Promise<Uint8Array> {
  return new Uint8Array(await (await exchange(address, {})).arrayBuffer());
}

/** Ask for a page of this site. @throws {@link Failure} */
export async function getPage(address: string): Promise<Document> {
  return new DOMParser().parseFromString(await (await exchange(address, {})).text(), "text/html");
}

/** Send JSON. @throws {@link Failure} */
export async function postJson(address: string, body: unknown): Promise<void> {
  await post(address, "application/json", JSON.stringify(body));
}

/** Send JSON and read the JSON that comes back. @throws {@link Failure} */
export async function askJson(address: string, body: unknown): Promise<unknown> {
  return (await post(address, "application/json", JSON.stringify(body))).json();
}

/** Send bytes. @throws {@link Failure} */
export async function postBytes(address: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  await post(address, "application/octet-stream", body);
}

async function post(address: string, type: string, body: BodyInit): Promise<Response> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  return exchange(address, { method: "POST", headers: { "Content-Type": type, "X-CSRFToken": token }, body });
}

async function exchange(address: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(address, { ...init, redirect: "manual", cache: "no-store" });
  } catch {
    throw new Failure("offline");
  }
  // None of these addresses redirects anybody but a person who must sign in again.
  if (answer.type === "opaqueredirect" || answer.status === 403) throw new Failure("signed-out");
  if (!answer.ok) throw new Failure(CODES[answer.status] ?? "refused", await refusalIn(answer));
  return answer;
}

async function refusalIn(answer: Response): Promise<string | undefined> {
  try {
    const { code } = (await answer.json()) as { code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}
