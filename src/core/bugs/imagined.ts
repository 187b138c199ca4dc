import { advance } from "../base/seq.ts";
import { advanceAndPost, postResync } from "../driver/rebuild.ts";
import { Engine } from "../words/descriptor.ts";
import type { Bug, RuleChange } from "./bug.ts";

const imagined = (name: string, rules: RuleChange): Bug => ({
  name,
  says: "Nobody has seen it.",
  mended: "never there",
  isIn: () => false,
  rules,
});

/**
 * Bugs that no driver is known to have had, whose wrong bytes follow from them without a doubt: what the wire's oracle
 * is measured with. Nobody is offered them.
 */
export const imaginedBugs: readonly Bug[] = [
  imagined("no-prefix", () => ({ prefixSize: () => 0 })),
  imagined("prefix-short-by-1", () => ({ prefixSize: (whole) => Math.max(0, whole - 1) })),
  imagined("prefix-short-by-3", () => ({ prefixSize: (whole) => Math.max(0, whole - 3) })),
  imagined("packet-not-marked", () => ({ engineOf: () => Engine.none })),
  imagined("record-number-high", () => ({ postedRow: (row) => row + 1 })),
  imagined("record-number-low", () => ({ postedRow: (row) => row - 1 })),
  imagined("released-early", () => ({ releasedBy: (ack) => advance(ack, 1) })),
  // As from another queue.
  imagined("resync-behind-packet", () => ({
    resyncAndSend: (socket, row, sink) => {
      advanceAndPost(socket, sink);
      return postResync(socket, row, sink);
    },
  })),
  imagined("expected-stuck", (before) => ({
    resyncAndSend: (socket, row, sink) => {
      const { expectedSeq } = socket.state;
      const posted = before.resyncAndSend(socket, row, sink);
      socket.state.expectedSeq = expectedSeq;
      return posted;
    },
  })),
];
