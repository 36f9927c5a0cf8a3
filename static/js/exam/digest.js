// What a page computes from its own copy, exactly as the server does from its own (proficiency/delivery/receipt_rules.py):
// the hash of a question's fields, and the digest over all answers. Both are over length-prefixed bytes.

const utf8 = new TextEncoder();
const NOT_ANSWERS = ["flag", "present"];

/** Text as the server cleans it; what is no whole character becomes U+FFFD when it is encoded. */
const clean = (text) => utf8.encode(text.replace(/\r\n?/g, "\n").replaceAll("\0", "\uFFFD"));

/** Byte strings joined so that no two different lists give the same bytes. */
function join(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + 8 + part.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const part of parts) {
    view.setBigUint64(at, BigInt(part.length));
    whole.set(part, at + 8);
    at += 8 + part.length;
  }
  return whole;
}

function inOrder(one, other) {
  const at = one.findIndex((byte, place) => byte !== other[place]);
  if (at === -1) return one.length - other.length;
  return at < other.length ? one[at] - other[at] : 1;
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const bytesOf = (code) => Uint8Array.from(code.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

async function sha256(parts) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", join(parts))));
}

/** Whether this browser lets the page compute (it does so over a protected connection only). */
export const canDigest = Boolean(globalThis.crypto?.subtle);

/** The hash of a question's fields: names with all their values. */
export function hashFields(fields) {
  const parts = Object.entries(fields)
    .filter(([name]) => !NOT_ANSWERS.includes(name))
    .map(([name, values]) => join([name, ...values].map(clean)))
    .sort(inOrder);
  return sha256([utf8.encode("proficiency fields"), ...parts]);
}

/** The digest over `entries` ({item, pos, proof}) in form order. */
export function digestOf(nonce, entries) {
  const parts = entries.flatMap(({ item, pos, proof }) => [item, String(pos), proof]);
  return sha256(["proficiency receipt", nonce, ...parts].map((part) => utf8.encode(part)));
}

/** Whether the signature over a receipt holds; null when this browser can't tell. `at`: microseconds since 1970. */
export async function signatureHolds({ attempt, digest, at, key, signature }) {
  try {
    const known = await crypto.subtle.importKey("raw", bytesOf(key), "Ed25519", false, ["verify"]);
    const said = ["proficiency receipt signature", attempt, digest, at].map((part) => utf8.encode(part));
    return await crypto.subtle.verify("Ed25519", known, bytesOf(signature), join(said));
  } catch (fault) {
    if (fault.name === "NotSupportedError") return null;
    throw fault;
  }
}
