/** Which addresses in an answer may be followed or shown. Pure. */

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

/**
 * @param {string} address
 * @returns {boolean} whether it holds a picture itself, or names one of this site's, which is shown without asking anybody
 * else for it
 */
export const isPicture = (address) =>
  OWN_FILE.test(address) || (address.length <= LARGEST_PICTURE && PICTURE.test(address));
