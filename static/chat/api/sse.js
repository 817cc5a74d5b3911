/**
 * Turns the bytes of a text/event-stream into events, however the network cut them.
 * Source: the HTML specification, "Interpreting an event stream".
 */

/**
 * @typedef {object} ServerSentEvent
 * @property {string} id the last id seen, empty before the first
 * @property {string} event the event's name, `message` when none was given
 * @property {string} data the data lines, joined by line feeds
 */

const LINE_END = /\r\n|\r|\n/g;

/** A decoder for one stream. No I/O: bytes or text go in, whole events come out. */
export class Decoder {
  #utf8 = new TextDecoder();
  #line = "";
  #id = "";
  #event = "";
  /** @type {string[]} */
  #data = [];
  #atStart = true;
  #afterReturn = false;

  /**
   * @param {Uint8Array | string} chunk any piece of the stream, even half a character
   * @returns {ServerSentEvent[]} the events that are complete with it
   */
  feed(chunk) {
    let text = typeof chunk === "string" ? chunk : this.#utf8.decode(chunk, { stream: true });
    if (text === "") return [];
    if (this.#atStart) {
      this.#atStart = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    // A line feed that follows a return in the chunk before belongs to it.
    let start = this.#afterReturn && text.startsWith("\n") ? 1 : 0;
    this.#afterReturn = text.endsWith("\r");

    /** @type {ServerSentEvent[]} */
    const events = [];
    LINE_END.lastIndex = start;
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      const event = this.#take(this.#line + text.slice(start, end.index));
      if (event) events.push(event);
      this.#line = "";
      start = LINE_END.lastIndex;
    }
    this.#line += text.slice(start);
    return events;
  }

  /**
   * @param {string} line
   * @returns {ServerSentEvent | null}
   */
  #take(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const rest = colon < 0 ? "" : line.slice(colon + 1);
    const value = rest.startsWith(" ") ? rest.slice(1) : rest;
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  /** @returns {ServerSentEvent | null} */
  #dispatch() {
    const event = { id: this.#id, event: this.#event || "message", data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    return empty ? null : event;
  }
}
