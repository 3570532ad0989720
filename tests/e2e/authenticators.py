"""A phone's or computer's own authenticator, played by Chromium (WebAuthn over the debugger), and what a test asks of
it.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Request

# As core/passkey.ts says it, worked out here once more.
SALT = hashlib.sha256(b"alongside passkey v1").digest()
# Asks the authenticator itself, beside the product: what does it give for this salt?
EVALUATE = """async (salt) => {
  const answer = await navigator.credentials.get({ publicKey: {
    challenge: crypto.getRandomValues(new Uint8Array(32)), rpId: location.hostname, userVerification: "required",
    extensions: { prf: { eval: { first: new Uint8Array(salt) } } },
  } });
  const first = answer.getClientExtensionResults().prf?.results?.first;
  return first ? [...new Uint8Array(first)] : null;
}"""
# Opens everything this device keeps with the keys that lie beside it, as this site's own scripts could.
OPENED = """async () => {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open("alongside");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = [];
  for (const name of database.objectStoreNames) {
    const store = database.transaction(name).objectStore(name);
    const all = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
    const [keys, rows] = [all(store.getAllKeys()), all(store.getAll())];
    for (const [at, row] of (await rows).entries()) {
      const place = String((await keys)[at]);
      if (row === true) continue;  // a mark, no secret
      const bound = new TextEncoder().encode(place);
      const how = { name: "AES-GCM", iv: row.nonce, additionalData: bound };
      const plain = await crypto.subtle.decrypt(how, row.key, row.sealed);
      found.push({ place, extractable: row.key.extractable, secret: [...new Uint8Array(plain)] });
    }
  }
  database.close();
  return found;
}"""


class Authenticator:
    """One authenticator plugged into a window."""

    def __init__(self, page: Page, *, prf: bool = True, verified: bool = True) -> None:
        self.page = page
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "hasPrf": prf,
            "isUserVerified": verified,
            "automaticPresenceSimulation": True,
        }
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id: str = made["authenticatorId"]

    def verifies(self, verified: bool) -> None:
        """Let whoever holds it pass, or not pass, its check of finger, face or PIN."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified})

    def credentials(self) -> list[dict[str, Any]]:
        """Return the passkeys on it."""
        found = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    def hold(self, credential: dict[str, Any]) -> None:
        """Put a passkey of another authenticator on it."""
        self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})

    def remove(self) -> None:
        """Unplug it."""
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})

    def secret(self) -> bytes | None:
        """Return what its passkey gives for the product's salt; None without PRF."""
        given = self.page.evaluate(EVALUATE, list(SALT))
        return bytes(given) if given else None


def passkey_id(credential: dict[str, Any]) -> str:
    """Return a passkey's id as the product writes it: base64url without padding."""
    return base64.urlsafe_b64encode(base64.b64decode(credential["credentialId"])).decode().rstrip("=")


def kept_on(page: Page) -> list[dict[str, Any]]:
    """Return what this device keeps, opened: where, under an extractable key or not, and the secret."""
    return list(page.evaluate(OPENED))


def forms_of(secret: bytes) -> list[bytes]:
    """Return the ways in which a secret could be written."""
    plain, safe = base64.b64encode(secret), base64.urlsafe_b64encode(secret)
    listed = ",".join(str(one) for one in secret).encode()
    upper = secret.hex().upper().encode()
    return [plain, plain.rstrip(b"="), safe.rstrip(b"="), secret.hex().encode(), upper, listed, secret]


@dataclass
class Sent:
    """Everything a window sent."""

    requests: list[Request] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> "Sent":
        """Listen to a window."""
        # Playwright hangs an attribute on the handler, which a bound method of a list refuses.
        context.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108
        return self

    def pieces(self) -> list[bytes]:
        """Return every address, header and body."""
        found: list[bytes] = []
        for request in self.requests:
            headers = repr(request.all_headers()).encode()
            found += [request.url.encode(), headers, request.post_data_buffer or b""]
        return found
