"""A supporter's device from inside: passkeys of a virtual authenticator, what the browser keeps, and taking it out."""

import base64
import sys
from dataclasses import dataclass

import django
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Demo

# The fixed input of every passkey of this product (core/passkey.ts), as text whose SHA-256 is evaluated.
_CEREMONY = """async ({ email, prf }) => {
  const salt = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("alongside passkey v1"));
  const options = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rp: { id: "localhost", name: "localhost" },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: email, displayName: email },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    extensions: { prf: { eval: { first: salt } } },
  };
  const made = await navigator.credentials.create({ publicKey: options });
  const url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  let first = made.getClientExtensionResults().prf?.results?.first;
  if (!first && prf) {
    const used = await navigator.credentials.get({ publicKey: {
      challenge: options.challenge, rpId: "localhost", userVerification: "required",
      allowCredentials: [{ type: "public-key", id: made.rawId }], extensions: options.extensions,
    } });
    first = used.getClientExtensionResults().prf?.results?.first;
  }
  return { id: url(made.rawId), secret: first ? url(first) : null };
}"""
# What keepPasskey of pages/team/device.ts does.
_KEEP = """async ({ id, secret }) => {
  const bytes = Uint8Array.from(atob(secret.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const place = `passkey:${id}`;
  const bound = { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(place) };
  const sealed = await crypto.subtle.encrypt(bound, key, bytes);
  await new Promise((resolve, reject) => {
    const request = indexedDB.open("alongside", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("device");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const store = request.result.transaction("device", "readwrite").objectStore("device");
      const put = store.put({ key, nonce, sealed }, place);
      put.onsuccess = () => { request.result.close(); resolve(); };
    };
  });
}"""
# What whoever holds the unlocked device can do: let the browser decrypt everything with the keys it does not give out.
_TAKE_OUT = """async () => {
  const entries = await new Promise((resolve, reject) => {
    const request = indexedDB.open("alongside", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("device");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const store = request.result.transaction("device").objectStore("device");
      const [keys, values] = [store.getAllKeys(), store.getAll()];
      values.onsuccess = () => {
        request.result.close();
        resolve(keys.result.map((place, at) => [place, values.result[at]]));
      };
    };
  });
  const found = {};
  for (const [place, { key, nonce, sealed }] of entries.filter(([, kept]) => kept !== true)) {
    const bound = { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(place) };
    const secret = new Uint8Array(await crypto.subtle.decrypt(bound, key, sealed));
    found[place] = [...secret].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  }
  return found;
}"""
_FORGET_WORDS = """() => new Promise((resolve) => {
  const request = indexedDB.open("alongside", 1);
  request.onsuccess = () => {
    const store = request.result.transaction("device", "readwrite").objectStore("device");
    const range = IDBKeyRange.bound("age1", "age2");
    store.delete(range).onsuccess = () => { request.result.close(); resolve(); };
  };
})"""


@dataclass(frozen=True)
class Made:
    """A passkey of a virtual authenticator; without PRF it has no secret."""

    id: str
    secret: bytes | None


def give_authenticator(page: Page, *, prf: bool) -> str:
    """Put an authenticator into the page's device, which says yes by itself; return its id."""
    door = page.context.new_cdp_session(page)
    door.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        "hasPrf": prf,
    }
    return str(door.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


def make_passkey(page: Page, demo: Demo, email: str, *, prf: bool = True) -> Made:
    """Make a passkey in the page by a real ceremony, and let the server know it as one with which somebody signs in."""
    made = page.evaluate(_CEREMONY, {"email": email, "prf": prf})
    register(demo, email, made["id"])
    secret = base64.urlsafe_b64decode(made["secret"] + "=") if made["secret"] else None
    assert (secret is not None) is prf
    return Made(made["id"], secret)


def keep(page: Page, made: Made) -> None:
    """Keep the passkey's secret on the device, as the page of a ceremony does."""
    assert made.secret
    page.evaluate(_KEEP, {"id": made.id, "secret": base64.urlsafe_b64encode(made.secret).decode()})


def register(demo: Demo, email: str, name: str) -> None:
    """Let the server know a passkey; with no name, remove those there are."""
    done = demo.module("tests.e2e.unlocking", email, name)
    assert done.returncode == 0, done.stderr


def take_out(page: Page) -> dict[str, bytes]:
    """Return every secret that the device keeps, by its place."""
    return {place: bytes.fromhex(secret) for place, secret in page.evaluate(_TAKE_OUT).items()}


def forget_words(page: Page) -> None:
    """Take the words off the device and leave the passkeys."""
    page.evaluate(_FORGET_WORDS)


def sign_agreement(page: Page, demo: Demo) -> None:
    """Sign the agreement."""
    page.goto(demo.path("/in/team/me/agreement"))
    with page.expect_navigation():
        page.get_by_role("button", name="I sign").click()


def enrol(page: Page, demo: Demo) -> list[str]:
    """Make 12 words and keys; return the words."""
    page.goto(demo.path("/in/team/keys"))
    page.get_by_role("button", name="Make my 12 words").click()
    expect(page.locator("[data-part=words-list] li")).to_have_count(12)
    words = page.locator("[data-part=words-list] li").all_text_contents()
    page.get_by_role("button", name="I have written them down").click()
    for place in (3, 7, 11):
        page.get_by_label(f"Word {place}", exact=True).fill(words[place - 1])
    page.get_by_role("button", name="Make my keys").click()
    expect(page.get_by_text("Your keys are made.")).to_be_visible()
    return words


def look_up_state(context: BrowserContext, demo: Demo) -> dict[str, object]:
    """Return what the server tells this window of its supporter's keys."""
    answer = context.request.get(demo.path("/in/team/keys/state"))
    assert answer.status == 200
    return dict(answer.json())


def _register(email: str, name: str) -> None:
    from allauth.mfa.models import Authenticator

    from alongside.accounts.models import Person
    from alongside.sealing import actions as sealing

    person = Person.objects.get(email=email)
    if name:
        data = {"name": "Phone", "credential": {"id": name}, "host": "localhost"}
        Authenticator.objects.create(user=person, type="webauthn", data=data)
        return
    for row in Authenticator.objects.filter(user=person, type="webauthn"):
        sealing.drop_recipient(person.id, row.data["credential"]["id"])
        row.delete()


if __name__ == "__main__":
    django.setup()
    _register(*sys.argv[1:])
