/** The door to the core, loaded only when a page needs to seal or open: while the person types, never with the first page. */
import "./common.ts";

export { fromBase64, fromHex, toBase64Url, toHex } from "../../core/bytes.ts";
export { isRecipient } from "../../core/envelope.ts";
export { messageFrame, newAttempt, requestFrame } from "../../core/frame.ts";
export { choose, readList } from "../../core/match.ts";
export { openSealed } from "../../core/open.ts";
export { bytesLeft, readPayload, writePayload } from "../../core/payload.ts";
export { progressToken, replyBox } from "../../core/receipt.ts";
export { sealFor } from "../../core/seal.ts";
export { newSecret, secretOf, wordsOf } from "../../core/words.ts";
