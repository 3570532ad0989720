/** Every reason for which the core refuses. The page that calls it carries the sentence for each. */
export type RefusalCode =
  | "bad-base64"
  | "bad-code"
  | "bad-envelope"
  | "bad-frame"
  | "bad-list"
  | "bad-padding"
  | "bad-payload"
  | "bad-recipient"
  | "bad-ring"
  | "bad-signature"
  | "bad-words"
  | "bad-work"
  | "bad-wrap"
  | "cannot-open"
  | "changed-root"
  | "expired-list"
  | "no-recipient"
  | "not-attested"
  | "old-epoch"
  | "too-long"
  | "too-many"
  | "unsigned-list"
  | "unknown-version";

/** The one error of the core: a short code and no sentence. */
export class Refusal extends Error {
  /** What was refused. */
  readonly code: RefusalCode;
  /** The number of the offending word or recipient, from 0, where there is one. */
  readonly at: number | undefined;

  constructor(code: RefusalCode, at?: number) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.at = at;
  }
}
