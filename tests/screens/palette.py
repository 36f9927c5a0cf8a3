"""Makes a screenshot small: the 256 colours that it has most of, and for each other the nearest.

The browser that took the picture also reads its pixels; what is left for us is to write a PNG.
"""

import base64
import struct
import zlib

from playwright.sync_api import Browser

READ = """async (picture) => {
  const image = await createImageBitmap(await (await fetch(picture)).blob());
  const { width, height } = image;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const colours = new Uint32Array(width * height);
  const counts = new Map();
  for (let i = 0; i < colours.length; i += 1) {
    const colour = (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2];
    colours[i] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour);
  const part = (colour, shift) => (colour >> shift) & 255;
  const apart = (a, b) => [16, 8, 0].reduce((sum, s) => sum + (part(a, s) - part(b, s)) ** 2, 0);
  const places = new Map();
  for (const colour of counts.keys()) {
    let best = 0;
    palette.forEach((each, i) => {
      if (apart(each, colour) < apart(palette[best], colour)) best = i;
    });
    places.set(colour, best);
  }
  let pixels = "";
  for (const colour of colours) pixels += String.fromCharCode(places.get(colour));
  return { width, height, palette, pixels: btoa(pixels) };
}"""


def shrink(chromium: Browser, picture: bytes) -> bytes:
    """Return a PNG of the same picture in at most 256 colours."""
    page = chromium.new_page()
    address = "data:image/png;base64," + base64.b64encode(picture).decode()
    read = page.evaluate(READ, address)
    page.close()
    width, height = read["width"], read["height"]
    pixels = base64.b64decode(read["pixels"])
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    colours = b"".join(colour.to_bytes(3, "big") for colour in read["palette"])
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in (*chunks, (b"IEND", b"")))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
