// Ed25519 signatures: verified by the browser where it can, else by the script that set-up brings (static/vendor). One
// without https has no crypto.subtle at all.

const ED25519 = { name: "Ed25519" };
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, place) => (place ? 0x66 : 0x58));
let found;

// Thrown where neither is there. A typed code needs none.
export class NoVerifier extends Error {}

// Loads what verifies. Asked for while there is a signal, it serves without.
export function verifier() {
  found ??= byBrowser().catch(byScript).catch((error) => {
    found = undefined;
    throw new NoVerifier(String(error));
  });
  return found;
}

export async function isSigned(message, signature, publicKey) {
  const verify = await verifier();
  return verify(message, signature, publicKey);
}

const importKey = (bytes) => crypto.subtle.importKey("raw", bytes, ED25519, false, ["verify"]);

async function byBrowser() {
  await importKey(BASE_POINT);
  return async (message, signature, publicKey) => crypto.subtle.verify(ED25519, await importKey(publicKey), signature, message);
}

async function byScript() {
  const [ed25519, { sha512 }] = await Promise.all([import("../../vendor/noble-ed25519.js"), import("../../vendor/noble-hashes/sha2.js")]);
  ed25519.hashes.sha512 = sha512;
  // As strict as RFC 8032, which the server and browsers follow.
  return async (message, signature, publicKey) => ed25519.verify(signature, message, publicKey, { zip215: false });
}
