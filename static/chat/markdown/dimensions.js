/** How large a picture is, read from the beginning of its file. A small file can claim billions of pixels. Pure. */

/** @typedef {{ width: number, height: number }} Size in pixels */

// A photograph; to show it a browser takes four bytes for each.
export const MOST_PIXELS = 40_000_000;
// So many parts of a file come before the one that says how large it is, at most.
const MOST_PARTS = 1000;
// JPEG: a frame begins, by one of its ways of coding; a scan begins; and markers that stand alone.
const isFrame = (/** @type {number} */ marker) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const SCAN = 0xda;
const isAlone = (/** @type {number} */ marker) => (marker >= 0xd0 && marker <= 0xd8) || marker <= 1;

/**
 * @param {DataView} view
 * @returns {Size | null}
 */
function jpeg(view) {
  let place = 2;
  for (let part = 0; part < MOST_PARTS; part++) {
    while (view.getUint8(place) !== 0xff) place++;
    const marker = view.getUint8(place + 1);
    if (isFrame(marker)) return { width: view.getUint16(place + 7), height: view.getUint16(place + 5) };
    if (marker === SCAN) return null;
    if (marker === 0xff) place++;
    else place += isAlone(marker) ? 2 : 2 + view.getUint16(place + 2);
  }
  return null;
}

/**
 * @param {DataView} view
 * @returns {Size | null}
 */
function gif(view) {
  const size = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  const flags = view.getUint8(10);
  let place = 13 + (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  for (let part = 0; part < MOST_PARTS; part++) {
    const kind = view.getUint8(place);
    // Some browsers make the picture as large as its first frame.
    if (kind === 0x2c) {
      const [width, height] = [view.getUint16(place + 5, true), view.getUint16(place + 7, true)];
      return { width: Math.max(size.width, width), height: Math.max(size.height, height) };
    }
    if (kind !== 0x21) return size;
    for (place += 2; view.getUint8(place) !== 0; ) place += 1 + view.getUint8(place);
    place++;
  }
  return null;
}

/**
 * @param {DataView} view
 * @param {string} kind
 * @returns {Size | null}
 */
function webp(view, kind) {
  const three = (/** @type {number} */ at) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16) + 1;
  if (kind === "VP8X") return { width: three(24), height: three(27) };
  if (kind === "VP8 ") return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  const bits = view.getUint32(21, true);
  return kind === "VP8L" ? { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 } : null;
}

/**
 * @param {string} data the bytes of a file, each as a character
 * @returns {Size | null} null where it begins like no PNG, JPEG, GIF or WebP
 */
export function dimensions(data) {
  const view = new DataView(new ArrayBuffer(data.length));
  for (let at = 0; at < data.length; at++) view.setUint8(at, data.charCodeAt(at));
  try {
    if (data.startsWith("\x89PNG\r\n\x1a\n") && data.startsWith("IHDR", 12)) return { width: view.getUint32(16), height: view.getUint32(20) };
    if (/^GIF8[79]a/.test(data)) return gif(view);
    if (data.startsWith("\xff\xd8")) return jpeg(view);
    if (data.startsWith("RIFF") && data.startsWith("WEBP", 8)) return webp(view, data.slice(12, 16));
  } catch (error) {
    // It ends before it says how large it is.
    if (!(error instanceof RangeError)) throw error;
  }
  return null;
}
