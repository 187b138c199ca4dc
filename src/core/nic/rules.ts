import type { NicRules } from "../machine/rules.ts";
import type { Socket } from "../machine/socket.ts";
import { DropCode } from "../words/effect-words.ts";
import { takeInOrder } from "./transmit-queue.ts";

/** A NIC that does what its descriptors say. */
export const rightNic: NicRules<Socket> = {
  takeAll: takeInOrder,
  contextOf: ({ connection }) => connection,
  pieceStart: (offset) => offset,
  nicTag: "none",
  fallbackTag: "none",
  afterReset: (state) => {
    state.nicDead = 0;
  },
  deadReason: ({ contexts, contextsDeleted }) =>
    contexts > contextsDeleted ? DropCode["queue-error"] : DropCode["no-context"],
  spoils: () => 0,
};
