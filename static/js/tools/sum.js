// Exact sums: numbers are fractions of whole numbers, so that 0.1 + 0.2 is 0.3. Nothing typed is ever run as code.

const PLACES = 10;

const gcd = (a, b) => (b === 0n ? a : gcd(b, a % b));

function fraction(over, under) {
  if (under === 0n) throw new RangeError("divided by zero");
  const sign = under < 0n ? -1n : 1n;
  const common = gcd(over < 0n ? -over : over, under * sign) || 1n;
  return { over: (sign * over) / common, under: (sign * under) / common };
}

const apply = {
  "+": (a, b) => fraction(a.over * b.under + b.over * a.under, a.under * b.under),
  "-": (a, b) => fraction(a.over * b.under - b.over * a.under, a.under * b.under),
  "*": (a, b) => fraction(a.over * b.over, a.under * b.under),
  "/": (a, b) => fraction(a.over * b.under, a.under * b.over),
};

function number(text) {
  const [whole, part = ""] = text.split(".");
  return fraction(BigInt(`${whole}${part}` || "0"), 10n ** BigInt(part.length));
}

/** The sum in pieces. Thousands may have commas, and signs may be the typographic ones. */
function pieces(text) {
  const plain = text.replace(/[×·]/g, "*").replace(/[÷:]/g, "/").replace(/[−–]/g, "-").replace(/[\s,£€]/g, "");
  const found = plain.match(/\d*\.?\d+|\d+\.|[-+*/()%]/g) ?? [];
  if (found.join("") !== plain || !found.length) throw new SyntaxError("not a sum");
  return found;
}

/** Return the exact value of a sum. Throws `SyntaxError` for what is none, `RangeError` for a division by zero. */
export function compute(text) {
  const rest = pieces(text);
  const next = () => rest[0];

  function atom() {
    const piece = rest.shift();
    if (piece === "-") return apply["-"](number("0"), atom());
    if (piece === "+") return atom();
    let value;
    if (piece === "(") {
      value = terms();
      if (rest.shift() !== ")") throw new SyntaxError("a bracket is open");
    } else {
      if (piece === undefined || !/\d/.test(piece)) throw new SyntaxError("a number is missing");
      value = number(piece);
    }
    while (next() === "%") {
      rest.shift();
      value = apply["/"](value, number("100"));
    }
    return value;
  }

  function factors() {
    let value = atom();
    while (next() === "*" || next() === "/") value = apply[rest.shift()](value, atom());
    return value;
  }

  function terms() {
    let value = factors();
    while (next() === "+" || next() === "-") value = apply[rest.shift()](value, factors());
    return value;
  }

  const value = terms();
  if (rest.length) throw new SyntaxError("something is left over");
  return value;
}

/** A value in decimals: exact where that is short, else rounded half up to ten places and marked as about. */
export function decimals({ over, under }) {
  const size = 10n ** BigInt(PLACES);
  const scaled = (over < 0n ? -over : over) * size;
  const rounded = (scaled * 2n + under) / (under * 2n);
  const digits = String(rounded).padStart(PLACES + 1, "0");
  const part = digits.slice(-PLACES).replace(/0+$/, "");
  const whole = digits.slice(0, -PLACES);
  const sign = over < 0n && rounded ? "−" : "";
  return `${scaled % under ? "≈ " : ""}${sign}${whole}${part ? `.${part}` : ""}`;
}
