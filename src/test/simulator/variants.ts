import { profiles } from "../../core/profiles/all.ts";

/** Where a variant of the catalogue makes a difference, and what the model must say of it, if it has a word for it. */
export interface Affected {
  families: readonly string[];
  says?: string;
  kernel?: string;
}

const all = profiles.map(({ id }) => id);
const rebuilding = ["connectx", "innova", "freebsd-connectx"];
const dumping = ["connectx", "freebsd-connectx"];
const withMap = all.filter((id) => id !== "freebsd-connectx");
const piecewise = ["chelsio-t6"];

/** By hand, from kernel.md sections 5 and 9: who has the code that a bug was in. */
export const affected: Readonly<Record<string, Affected>> = {
  "stale-lookup": { families: withMap, says: "stale-record" },
  "close-eats-payload": { families: all, says: "bytes-lost" },
  "placeholder-leak": { families: all, says: "placeholder" },
  "headers-unsized": { families: all, says: "wrong-length" },
  "empty-record": { families: all },
  "open-record-at-eof": { families: all, says: "stalled" },
  "fragment-overflow": { families: all, says: "fragment-overflow" },
  "unhooked-on-down": { families: all, says: "dropped no-socket" },
  "lost-resync": { families: ["netronome", "fungible"] },
  "delete-backlog": { families: all },
  "wrong-slave": { families: all, says: "dropped wrong-device" },
  "unfenced-start": { families: all },
  "trusts-mark": { families: piecewise, says: "plaintext" },
  "unwrapped-compare": { families: rebuilding },
  "ends-before-off-by-one": { families: rebuilding, says: "mixed-segment" },
  "resync-before-marker": { families: rebuilding, says: "wrong-ciphertext" },
  "marked-skip": { families: ["connectx"] },
  "long-dump": { families: dumping, says: "queue-error" },
  "unfenced-params": { families: dumping },
  "redundant-static": { families: dumping, says: "static-params" },
  "resync-outside-record": { families: rebuilding, says: "wrong-ciphertext" },
  "no-undo": { families: ["netronome"] },
  "segments-counted-once": { families: all.filter((id) => id !== "chelsio-t6") },
  "context-by-tuple": { families: all, says: "wrong-ciphertext" },
  "early-commit": { families: ["fungible", "bnxt"] },
  "tag-only-stuck": { families: piecewise, says: "dropped unsendable" },
  "header-only-stuck": { families: piecewise, says: "dropped unsendable" },
  "unaligned-counter": { families: [...piecewise, "bnxt"], says: "wrong-ciphertext" },
  "signed-tx-max": { families: piecewise, says: "dropped unsendable" },
  "unlocked-records": { families: piecewise, says: "use-after-release" },
  "snd-una-mid-record": { families: piecewise, says: "dropped unsendable" },
  "old-record-number": { families: piecewise, says: "wrong-tag" },
  "refused-install": { families: all, says: "dropped no-context", kernel: "v6.18" },
  "fallback-wrong-tag": { families: all, says: "wrong-tag" },
};
