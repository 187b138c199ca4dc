import { distance } from "../base/seq.ts";
import type { DriverRules } from "../machine/rules.ts";
import type { Socket } from "../machine/socket.ts";
import { resyncAndSend, sendBeforeMarker } from "./rebuild.ts";

/** The drivers as they are now. */
export const rightDriver: DriverRules<Socket> = {
  countedSize: ({ countsPackets }, mss) => (countsPackets === "segments" ? mss : 0),
  takeRefusal: ({ state }) => {
    state.software = 1;
  },
  endsBefore: (from, length, start) => length <= distance(from, start),
  rebuiltRow: (_socket, row) => row,
  sendBeforeMarker,
  dropsMarked: ({ kernel, profile }) => kernel.checksSkippedMark && profile.checksSkippedMark,
  refusesStale: true,
  resyncAndSend,
  postedRow: (row) => row,
  prefixSize: (whole) => whole,
  dumpSize: (left, mtu) => Math.min(left, mtu),
  postsStatic: ({ postedRow }, row) => row !== postedRow,
  fencesParams: true,
  staysAdvanced: ({ profile }) => profile.commit === "early",
  engineOf: (engine) => engine,
  isForNic: () => true,
  afterLookup: () => {},
  canSend: () => true,
  pieceRow: (row) => row,
};
