import { Engine } from "../words/descriptor.ts";
import type { Bug } from "./bug.ts";
import { encrypts, spoiling } from "./families.ts";

/** Bugs of devices, and of what drivers of several makes keep about them. */
export const deviceBugs: readonly Bug[] = [
  {
    name: "placeholder-leak",
    says: "The device leaves the placeholder bytes in the tag's place.",
    mended: "a device or firmware error; next zeroes the placeholder",
    isIn: encrypts,
    shows: "placeholder",
    rules: (before) => ({ nicTag: "left", spoils: spoiling(before, Engine.stream, Engine.piece) }),
  },
  {
    name: "no-undo",
    says: "The expected number stays moved on when the packet could not be mapped.",
    mended: "nfp: undo sequence tracking on TX drop",
    isIn: ({ commit }) => commit === "undone",
    rules: (before) => ({
      staysAdvanced: (socket) => socket.profile.commit === "undone" || before.staysAdvanced(socket),
    }),
  },
  {
    name: "segments-counted-once",
    says: "Encrypted packets are counted as skbs, not as what they become on the wire.",
    mended: "nfp: count TSO segments",
    isIn: ({ countsPackets }) => countsPackets === "segments",
    rules: () => ({ countedSize: () => 0 }),
  },
  {
    name: "context-by-tuple",
    says: "A connection with the addresses and ports of one just closed gets its context.",
    mended: "nfp: unique connection ids rather than the 4-tuple",
    isIn: encrypts,
    shows: "wrong-ciphertext",
    rules: (before) => {
      const spoils = spoiling(before, Engine.stream, Engine.piece);
      return {
        contextOf: ({ reused, connection }) => reused ?? connection,
        spoils: (socket) => (socket.reused ? spoils(socket) : before.spoils(socket)),
      };
    },
  },
  {
    name: "early-commit",
    says: "The expected number is moved on before the packet is on the ring.",
    mended: "bnxt stages the number and commits it when the BD is on the ring",
    isIn: ({ commit }) => commit === "late",
    rules: (before) => ({
      staysAdvanced: (socket) => socket.profile.commit === "late" || before.staysAdvanced(socket),
    }),
  },
];
