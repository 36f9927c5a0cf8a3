// The receipt as it comes back: compared with what this device computed before it handed in, and its signature checked.

import { canDigest, signatureHolds } from "./digest.js";

const place = document.getElementById("receipt");

const show = (id) => {
  document.getElementById(id).hidden = false;
};

function readComputed(attempt) {
  try {
    return JSON.parse(sessionStorage.getItem(`receipt ${attempt}`));
  } catch {
    return null; // the browser refuses to keep anything: then nothing was computed either
  }
}

/** Check the receipt on this page and say what was found. Resolves to whether nothing speaks against it. */
export async function checkReceipt() {
  if (!place || !canDigest) return true;
  const { attempt, digest, claimed, at, key, signature } = place.dataset;
  const computed = readComputed(attempt);
  const isSigned = await signatureHolds({ attempt, digest, at, key, signature });
  const isSame = computed === null || computed.digest === digest;
  // The candidate knew of it and handed in all the same: the page says so, and shows both codes.
  if (isSigned !== false && !isSame && claimed === computed.digest) return false;
  if (isSigned === false || !isSame) {
    show("receipt-wrong");
    document.getElementById("receipt-own-code").textContent = computed?.digest.toUpperCase().match(/.{4}/g).join(" ") ?? "";
    return false;
  }
  if (computed) {
    const text = document.getElementById("receipt-right-text");
    text.textContent = text.dataset.pattern.replace("{own}", computed.own).replace("{all}", place.dataset.answers);
    show("receipt-right");
  }
  if (isSigned) show("receipt-signed");
  return true;
}
