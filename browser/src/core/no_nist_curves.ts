/**
 * Stands in for `@noble/curves/nist.js` in the bundles (build.mjs).
 *
 * The age library can also seal for P-256 and P-384 keys, and two presets for them are set up when it loads. We refuse every
 * such recipient before the library sees it, so a member's phone need not fetch those curves. Any use of one throws.
 */
function unused(): never {
  throw new Error("no-nist-curves");
}

const lengths = { secretKey: 32, publicKey: 33, publicKeyUncompressed: 65, seed: 48 };
const absent = {
  lengths,
  Point: { Fn: { isLE: false, create: unused, toBytes: unused }, fromBytes: unused },
  keygen: unused,
  getPublicKey: unused,
  getSharedSecret: unused,
  utils: { randomSecretKey: unused },
};

export { absent as p256, absent as p384, absent as p521 };
