/** Puts another conversation in the place of the one in the page. */

import { readDraft } from "../state/draft.js";
import { knownState, writing } from "../state/rendered.js";
import { readUnsent } from "../state/unsent.js";

/** @typedef {import("../state/events.js").OpenConversation} Conversation */
/** @typedef {import("./scroll.js").Spot} Spot */

/**
 * @typedef {object} Parts of the page that have to do with the conversation in it
 * @property {ReturnType<typeof import("../api/connection.js").createConnection>} connection
 * @property {ReturnType<typeof import("../api/stop.js").createStopper>} stopper
 * @property {ReturnType<typeof import("../thread/conversation-controls.js").createConversationControls>} controls
 * @property {ReturnType<typeof import("../sidebar/sidebar.js").createSidebar>} sidebar
 * @property {ReturnType<typeof import("../composer/model-picker.js").createModelPicker>} picker
 * @property {ReturnType<typeof import("../composer/composer.js").createComposer>} composer
 * @property {ReturnType<typeof import("../composer/queue.js").createQueue>} queue
 * @property {ReturnType<typeof import("./scroll.js").createScroll>} scroll
 * @property {ReturnType<typeof import("../sidebar/drawer.js").createDrawer>} drawer
 */

/**
 * @param {object} given
 * @param {Parts} given.parts
 * @param {(event: import("../state/events.js").PageEvent) => void} given.dispatch
 * @param {() => void} given.draw at once
 * @param {(generationId: string) => void} given.onRunning its last answer is still being written
 */
export function createConversationSwap({ parts, dispatch, draw, onRunning }) {
  const { connection, stopper, controls, sidebar, picker, composer, queue, scroll, drawer } = parts;

  /**
   * @param {Conversation | null} conversation null for a new one
   * @param {Spot | null} spot what was looked at when it was left; null for its end
   */
  return (conversation, spot) => {
    connection.close();
    stopper.ended();
    controls.leave();
    dispatch({ type: "open", known: conversation ? knownState(conversation) : {} });
    dispatch({ type: "unsent", questions: readUnsent(conversation?.id ?? "") });
    picker.set(conversation?.model ?? null);
    composer.fill(readDraft(conversation?.id ?? ""));
    queue.opened(conversation?.id ?? "");
    draw();
    scroll.back(spot);
    controls.opened(conversation);
    sidebar.opened(conversation);
    drawer.uncover();
    const running = writing(conversation?.messages.at(-1));
    if (running) onRunning(running);
    composer.invite();
  };
}
