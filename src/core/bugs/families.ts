import type { Rules } from "../machine/socket.ts";

/** Families by what they have in common, for the bugs that were in it (kernel.md section 5.0). */
export const rebuildFamilies = ["connectx", "innova", "freebsd-connectx"];
export const dumpFamilies = ["connectx", "freebsd-connectx"];
export const nextRecordFamilies = ["netronome", "fungible"];
export const pieceFamilies = ["chelsio-t6"];
export const withRecordMap = ["connectx", "innova", "chelsio-t6", "netronome", "fungible", "bnxt"];
export const anyFamily = [...withRecordMap, "freebsd-connectx"];

/** What also the bytes of these engines may be wrong of, once a bug is there. */
export const spoiling =
  (before: Rules, ...engines: readonly number[]): Rules["spoils"] =>
  (socket) =>
    engines.reduce((mask, engine) => mask | (1 << engine), before.spoils(socket));
