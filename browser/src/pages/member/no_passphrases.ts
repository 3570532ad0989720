/**
 * Stands in for `@noble/hashes/pbkdf2.js` and `scrypt.js` in the bundles (build.mjs).
 *
 * The age library can also seal with a passphrase, and the word list can stretch one. Nothing here does: secrets are random, so a
 * member's phone need not fetch the code. Any use of it throws.
 */
function unused(): never {
  throw new Error("no-passphrases");
}

export { unused as pbkdf2, unused as pbkdf2Async, unused as scrypt };
