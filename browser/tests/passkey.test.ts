import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { createPasskey, type Door, PRF_SALT, type Question, secretQuestion, usePasskey, whyNot } from "../src/core/passkey.ts";

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const SECRET = Uint8Array.from({ length: 32 }, (_, at) => 200 - at);
const FORMS = [
  Buffer.from(SECRET).toString("base64"),
  Buffer.from(SECRET).toString("base64url"),
  Buffer.from(SECRET).toString("hex"),
  [...SECRET].join(","),
];
const QUESTION: Question = {
  challenge: "AQID",
  rp: { id: "localhost", name: "localhost" },
  user: { id: "BAU", name: "jo@pine.example", displayName: "Jo" },
  excludeCredentials: [{ type: "public-key", id: "Bgc" }],
  extensions: { credProps: true },
  authenticatorSelection: { userVerification: "required" },
};

interface Extensions {
  credProps?: { rk?: boolean };
  prf?: { enabled?: boolean; results?: { first?: BufferSource; second?: BufferSource } };
  largeBlob?: unknown;
}

/** A browser that answers with these extension results and shows what it was asked. */
function browser(extensions: Extensions, asked: object[] = []): Door {
  const answer = {
    rawId: bytes(9, 9),
    // What browsers offer beside the fields that are needed, and must not be taken along by itself.
    toJSON: () => ({ clientExtensionResults: extensions }),
    authenticatorAttachment: "platform",
    response: {
      clientDataJSON: bytes(1),
      attestationObject: bytes(2),
      authenticatorData: bytes(3),
      signature: bytes(4),
      userHandle: bytes(5),
      transports: ["internal"],
    },
    getClientExtensionResults: () => extensions,
  };
  const give = ({ publicKey }: { publicKey?: object }): Promise<unknown> => {
    asked.push(publicKey ?? {});
    return Promise.resolve(answer);
  };
  return { create: give, get: give };
}

const withPrf = (first: BufferSource): Extensions => ({ credProps: { rk: true }, prf: { enabled: true, results: { first, second: first } }, largeBlob: { blob: first } });

describe("what is posted of a passkey", () => {
  it.each([
    ["making", createPasskey, ["clientDataJSON", "attestationObject"]],
    ["using", usePasskey, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]],
  ] as const)("carries no secret and nothing but the agreed fields, on %s", async (_name, run, parts) => {
    const { credential, secret } = await run(QUESTION, browser(withPrf(SECRET)));
    expect(secret).toEqual(SECRET);
    expect(Object.keys(credential).sort()).toEqual(["clientExtensionResults", "id", "rawId", "response", "type"]);
    expect(Object.keys(credential.response).sort()).toEqual([...parts].sort());
    expect(credential.clientExtensionResults).toEqual({ credProps: { rk: true } });
    const posted = JSON.stringify(credential);
    for (const form of FORMS) expect(posted).not.toContain(form);
    expect(posted).not.toMatch(/prf|hmac|blob/i);
  });

  it("names the passkey in base64url, as the server does", async () => {
    const { credential } = await usePasskey(QUESTION, browser({}));
    expect([credential.id, credential.rawId]).toEqual(["CQk", "CQk"]);
    expect(credential.clientExtensionResults).toEqual({});
  });

  it("leaves out a handle that the device did not give, so that the server can say so", async () => {
    const door = browser({});
    const answer = (await door.get({})) as { response: Record<string, unknown> };
    answer.response["userHandle"] = null;
    const { credential } = await usePasskey(QUESTION, { ...door, get: () => Promise.resolve(answer) });
    expect(Object.keys(credential.response)).not.toContain("userHandle");
  });
});

describe("the secret", () => {
  it("is asked for with one fixed salt, beside what the server asks", async () => {
    const asked: object[] = [];
    await createPasskey(QUESTION, browser({}, asked));
    await usePasskey({ challenge: "AQID", allowCredentials: [{ type: "public-key", id: "Bgc" }], rpId: "localhost" }, browser({}, asked));
    expect(Buffer.from(PRF_SALT)).toEqual(createHash("sha256").update("alongside passkey v1").digest());
    expect(asked).toEqual([
      {
        ...QUESTION,
        challenge: new Uint8Array([1, 2, 3]),
        user: { id: new Uint8Array([4, 5]), name: "jo@pine.example", displayName: "Jo" },
        excludeCredentials: [{ type: "public-key", id: new Uint8Array([6, 7]) }],
        extensions: { credProps: true, prf: { eval: { first: PRF_SALT } } },
      },
      {
        challenge: new Uint8Array([1, 2, 3]),
        rpId: "localhost",
        allowCredentials: [{ type: "public-key", id: new Uint8Array([6, 7]) }],
        extensions: { prf: { eval: { first: PRF_SALT } } },
      },
    ]);
  });

  it.each<[string, Extensions, boolean]>([
    ["no PRF at all", {}, false],
    ["PRF that is off", { prf: { enabled: false } }, false],
    ["PRF on use only", { prf: { enabled: true } }, true],
    ["no first result", { prf: { enabled: true, results: {} } }, true],
    ["a result of another length", { prf: { results: { first: bytes(1, 2, 3) } } }, false],
    ["a result that is too long", { prf: { results: { first: new Uint8Array(64) } } }, false],
  ])("is null with %s", async (_name, extensions, later) => {
    const used = await createPasskey(QUESTION, browser(extensions));
    expect([used.secret, used.later]).toEqual([null, later]);
  });

  it("is a copy of its own, whatever view of memory the browser gives", async () => {
    const memory = new Uint8Array(64).fill(7);
    memory.set(SECRET, 16);
    const { secret } = await usePasskey(QUESTION, browser(withPrf(memory.subarray(16, 48))));
    memory.fill(0);
    expect(secret).toEqual(SECRET);
    expect(secret?.buffer.byteLength).toBe(32);
  });

  it("can be asked of one passkey again with nobody to prove anything to", async () => {
    const { credential } = await createPasskey(QUESTION, browser({ prf: { enabled: true } }));
    const asked: object[] = [];
    const { secret } = await usePasskey(secretQuestion(credential, "localhost", new Uint8Array([1, 2])), browser(withPrf(SECRET), asked));
    expect(secret).toEqual(SECRET);
    expect(asked[0]).toMatchObject({ userVerification: "required", rpId: "localhost", allowCredentials: [{ id: new Uint8Array([9, 9]) }] });
  });
});

describe("a ceremony that did not happen", () => {
  it.each([
    ["NotAllowedError", "cancelled"],
    ["AbortError", "cancelled"],
    ["InvalidStateError", "known"],
    ["SecurityError", "other-address"],
    ["NotSupportedError", "unsupported"],
    ["ConstraintError", "unsupported"],
    ["UnknownError", "cancelled"],
  ])("has a code for %s", (name, code) => {
    expect(whyNot(new DOMException("", name))).toBe(code);
  });

  it.each([null, undefined, "text", 7, {}])("has one for anything else, too: %s", (error) => {
    expect(whyNot(error)).toBe("cancelled");
  });

  it("rejects as the browser does", async () => {
    const no: Door = { create: () => Promise.reject(new DOMException("", "NotAllowedError")), get: () => Promise.reject(new Error("x")) };
    await expect(createPasskey(QUESTION, no)).rejects.toThrow(DOMException);
  });
});
