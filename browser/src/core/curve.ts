/** Ed25519 from a library, in a file of its own (build.mjs): whoever only seals must not fetch it along with the curve that sealing shares. */
export { ed25519 } from "@noble/curves/ed25519.js";
