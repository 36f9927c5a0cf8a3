// How the exam's scripts talk to the server: JSON there and back, and a plain word for what happened.

const PATIENCE = 10000;

/** Send `body` to `url`. Returns {status, data}; status 0 when no answer of ours came back. `data.asked` is when it was
 * asked, by this page's clock: what the server says of the time was true no sooner. */
export async function post(url, body, { keepalive = false, patience = PATIENCE } = {}) {
  const asked = performance.now();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      keepalive,
      signal: AbortSignal.timeout(patience),
    });
    const data = await response.json();
    // Something between us and the server may answer in its place: that is no answer.
    return data && typeof data === "object" ? { status: response.status, data: { ...data, asked } } : { status: 0 };
  } catch {
    return { status: 0 };
  }
}
