/** What the buttons under a message do. */

import { ApiError } from "../api/request.js";
import { copyText } from "../page/clipboard.js";
import { editOf, keepDraft, readDraft } from "../state/draft.js";

/** @typedef {import("../state/state.js").State} State */
/** @typedef {import("../state/turn.js").Turn} Turn */
/** @typedef {ReturnType<typeof import("./branching.js").createBranching>} Branching */

const DONE_MS = 1500;

/**
 * @param {object} parts
 * @param {() => State} parts.current
 * @param {Branching} parts.branching
 * @param {ReturnType<typeof import("../composer/send.js").createSender>} parts.sender
 * @param {ReturnType<typeof import("./regenerate-menu.js").createRegenerateMenu>} parts.menu
 * @param {(note: import("../page/toast.js").Note) => void} parts.offer a way back, for a while
 * @param {(article: HTMLElement, how: Parameters<typeof import("./editor.js").openEditor>[2]) => void} parts.edit
 * @param {(key: string) => HTMLElement | undefined} parts.articleOf
 * @param {(text: string) => void} parts.say for those who hear the page
 * @param {(text: string) => void} parts.complain for everybody
 * @param {() => void} parts.onAsked an answer is under way, and the button that asked for it is gone
 */
export function createMessageCommands({ current, branching, sender, menu, offer, edit, articleOf, say, complain, onAsked }) {
  const turnOf = (/** @type {string} */ key) => current().turns.find((turn) => turn.key === key);

  /** @param {() => Promise<void>} work */
  async function tried(work) {
    try {
      await work();
    } catch (error) {
      complain(error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * @param {string} key
   * @param {HTMLElement} button
   */
  async function copy(key, button) {
    if (!(await copyText(turnOf(key)?.content ?? ""))) {
      complain("This could not be copied.");
      return;
    }
    say("Copied");
    button.setAttribute("data-done", "");
    setTimeout(() => button.removeAttribute("data-done"), DONE_MS);
  }

  /**
   * @param {string} key
   * @param {boolean} [focus]
   */
  function change(key, focus = true) {
    const [turn, article] = [turnOf(key), articleOf(key)];
    if (!turn?.id || !article || current().phase !== "idle") return;
    const [place, before] = [editOf(turn.id), turn.content];
    edit(article, {
      text: readDraft(place) || before,
      focus,
      onInput: (text) => keepDraft(place, text === before ? "" : text),
      onCancel: () => keepDraft(place, ""),
      onSave(text) {
        const taken = sender.edit(key, text);
        if (taken) keepDraft(place, "");
        if (taken) onAsked();
        return taken;
      },
    });
  }

  /** @param {"previous" | "next"} direction */
  const switchTo = (direction) => async (/** @type {string} */ key) => {
    const id = turnOf(key)?.siblings?.[direction];
    if (!id || current().phase !== "idle") return;
    await tried(() => branching.choose(id, key));
    const article = articleOf(current().turns.find((turn) => turn.id === id)?.key ?? "");
    const buttons = article?.querySelectorAll(".versions button:enabled") ?? [];
    const same = [...buttons].find((each) => each.matches(`[data-action=${direction}]`)) ?? buttons[0];
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
  };

  /** @param {string} key */
  async function remove(key) {
    const { turns } = current();
    const at = turns.findIndex((turn) => turn.key === key);
    const turn = turns[at];
    if (turn?.role === "user" && turn.id === null) return sender.discard(key);
    if (turn?.id) await removed(turn.id, "turn", turns[turn.role === "user" ? at - 1 : at - 2]?.key);
  }

  /**
   * @param {string} id
   * @param {"turn" | "version"} what
   * @param {string | undefined} before the key of the turn before
   */
  async function removed(id, what, before) {
    if (current().phase !== "idle") return;
    await tried(async () => {
      const restore = await branching.remove(id, what, before);
      const text = what === "turn" ? "Deleted the question and its answers" : "Deleted this version and what followed it";
      offer({ text, act: "Undo", onAct: () => bringBack(restore) });
    });
  }

  /** @param {() => Promise<void>} restore */
  async function bringBack(restore) {
    try {
      await restore();
    } catch (error) {
      const late = error instanceof ApiError && error.status === 404;
      if (late) offer({ text: "It is too late to bring this back.", act: "", onAct() {} });
      else offer({ text: "Could not be brought back.", act: "Try again", onAct: () => bringBack(restore) });
    }
  }

  /** @param {string} key */
  async function removeVersion(key) {
    const { turns } = current();
    const at = turns.findIndex((turn) => turn.key === key);
    const id = turns[at]?.id;
    if (id) await removed(id, "version", turns[at - 1]?.key);
  }

  /**
   * @param {string} key
   * @param {HTMLElement} button
   */
  function regenerate(key, button) {
    const turn = turnOf(key);
    const question = turn?.parentId;
    if (!turn || !question) return;
    menu.open(button, turn.model, (model) => {
      sender.regenerate(question, model);
      onAsked();
    });
  }

  return {
    copy,
    edit: (/** @type {string} */ key) => change(key),
    regenerate,
    delete: remove,
    "delete-version": removeVersion,
    previous: switchTo("previous"),
    next: switchTo("next"),

    /** Opens the editors again in which something was written, of the questions that are shown. */
    resume() {
      for (const { key, id, role } of current().turns) if (role === "user" && id && readDraft(editOf(id))) change(key, false);
    },

    /** @returns {boolean} whether there is a question to edit */
    editLast() {
      const last = current().turns.findLast(({ role, id }) => role === "user" && id !== null);
      if (!last || current().phase !== "idle") return false;
      change(last.key);
      return true;
    },
  };
}
