/** Which addresses in an answer may be followed or shown. Pure. */

import { dimensions, MOST_PIXELS } from "./dimensions.js";

const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/]+=*$/i;
const OWN_FILE = /^\/api\/files\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LARGEST_PICTURE = 1_000_000;

/**
 * @param {string} address
 * @returns {URL | null} null unless it is a link to the web or to a mailbox
 */
export function link(address) {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url && SCHEMES.has(url.protocol) ? url : null;
}

// Most pictures say at once how large they are; some begin with a profile of colours and what the camera noted.
const HEADERS_CHARS = [400, 400_000];

/**
 * @param {string} address a picture
 * @returns {string} why it is not shown; empty where it is
 */
export function objection(address) {
  if (OWN_FILE.test(address)) return "";
  const data = address.slice(address.indexOf(",") + 1).replace(/=+$/, "");
  for (const chars of HEADERS_CHARS) {
    const header = data.slice(0, chars);
    const size = dimensions(atob(header.length % 4 === 1 ? header.slice(0, -1) : header));
    if (size) return size.width * size.height > MOST_PIXELS ? `${size.width} × ${size.height} pixels, too large to show` : "";
  }
  return "not a picture that can be shown";
}

/**
 * @param {string} address
 * @returns {boolean} whether it holds a picture itself, or names one of this site's, which is shown without asking anybody
 * else for it
 */
export const isPicture = (address) =>
  OWN_FILE.test(address) || (address.length <= LARGEST_PICTURE && PICTURE.test(address));

const BEGINNINGS = [...SCHEMES].map((scheme) => (scheme === "mailto:" ? scheme : `${scheme}//`)).concat("data:image/", "/api/files/");

/**
 * @param {string} text
 * @returns {boolean} whether an address that may be followed or shown begins so
 */
export function isAddressBegun(text) {
  const lower = text.toLowerCase();
  return BEGINNINGS.some((beginning) => lower.startsWith(beginning) || beginning.startsWith(lower));
}
