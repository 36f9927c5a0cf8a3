// What the page notices by itself, as evidence for people and never as a verdict: that it was left and came back, how
// much was copied or pasted (the size, never the words), and a long absence. Tools that help to read or to write raise
// nothing: nothing here looks at how words come about.

const config = JSON.parse(document.getElementById("help-config").textContent);
const ABSENCE = 10 * 60000;
const EVERY = 10000;
const MOST = 50;

let noticed = [];
let lastInput = Date.now();
let left = null;

function note(kind, size) {
  if (noticed.length < MOST) noticed.push({ kind, size, at: Date.now() });
}

function body(batch) {
  return JSON.stringify({
    signals: batch.map(({ kind, size, at }) => ({ kind, age: Math.max(0, Date.now() - at), ...(size === undefined ? {} : { size }) })),
  });
}

async function send() {
  if (!noticed.length) return;
  const batch = noticed;
  noticed = [];
  try {
    const response = await fetch(`${config.here}/signals`, { method: "POST", body: body(batch), headers: { "Content-Type": "application/json", Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    if (response.status >= 500 || response.status === 401) noticed = [...batch, ...noticed].slice(0, MOST);
  } catch {
    noticed = [...batch, ...noticed].slice(0, MOST);
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    left = Date.now();
    note("left_page");
  } else if (left !== null) {
    note("returned", undefined);
    left = null;
    send();
  }
});

const length = (event) => event.clipboardData?.getData("text").length || String(document.getSelection()).length;
document.addEventListener("copy", (event) => note("copied", length(event)));
document.addEventListener("cut", (event) => note("copied", length(event)));
document.addEventListener("paste", (event) => note("pasted", length(event)));

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart", "input"]) {
  document.addEventListener(
    kind,
    () => {
      const away = Date.now() - lastInput;
      if (away > ABSENCE) note("absent", Math.round(away / 1000));
      lastInput = Date.now();
    },
    { passive: true, capture: true },
  );
}

setInterval(send, EVERY);
