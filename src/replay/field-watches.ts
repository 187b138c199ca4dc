import type { ConnectionState, StateField } from "../core/machine/state.ts";

/** True if a field of a state is another than the one that was seen last, which it then is. */
export type FieldWatch = (state: ConnectionState, seen: Float64Array, at: number) => boolean;

function isOther(value: number, seen: Float64Array, at: number): boolean {
  if (seen[at] === value) return false;
  seen[at] = value;
  return true;
}

/**
 * Each field of a state by a function of its own: reading one by its name, another each time, costs a hundred times as
 * much, and a search looks at fields after every stage of every event. What is seen stays in a list of doubles: given
 * back as a value it would be boxed.
 */
export const fieldWatches: Readonly<Record<StateField, FieldWatch>> = {
  installed: (state, seen, at) => isOther(state.installed, seen, at),
  equipment: (state, seen, at) => isOther(state.equipment, seen, at),
  sndUna: (state, seen, at) => isOther(state.sndUna, seen, at),
  acked: (state, seen, at) => isOther(state.acked, seen, at),
  ackWaits: (state, seen, at) => isOther(state.ackWaits, seen, at),
  sndNxt: (state, seen, at) => isOther(state.sndNxt, seen, at),
  sent: (state, seen, at) => isOther(state.sent, seen, at),
  hook: (state, seen, at) => isOther(state.hook, seen, at),
  detour: (state, seen, at) => isOther(state.detour, seen, at),
  netdev: (state, seen, at) => isOther(state.netdev, seen, at),
  route: (state, seen, at) => isOther(state.route, seen, at),
  queueNumber: (state, seen, at) => isOther(state.queueNumber, seen, at),
  changes: (state, seen, at) => isOther(state.changes, seen, at),
  pageWrites: (state, seen, at) => isOther(state.pageWrites, seen, at),
  head: (state, seen, at) => isOther(state.head, seen, at),
  tail: (state, seen, at) => isOther(state.tail, seen, at),
  openLength: (state, seen, at) => isOther(state.openLength, seen, at),
  openType: (state, seen, at) => isOther(state.openType, seen, at),
  openedBy: (state, seen, at) => isOther(state.openedBy, seen, at),
  written: (state, seen, at) => isOther(state.written, seen, at),
  hint: (state, seen, at) => isOther(state.hint, seen, at),
  markerRow: (state, seen, at) => isOther(state.markerRow, seen, at),
  software: (state, seen, at) => isOther(state.software, seen, at),
  resyncPending: (state, seen, at) => isOther(state.resyncPending, seen, at),
  pendingOpen: (state, seen, at) => isOther(state.pendingOpen, seen, at),
  openFragments: (state, seen, at) => isOther(state.openFragments, seen, at),
  openOnPage: (state, seen, at) => isOther(state.openOnPage, seen, at),
  openPieceSize: (state, seen, at) => isOther(state.openPieceSize, seen, at),
  openPieceLeft: (state, seen, at) => isOther(state.openPieceLeft, seen, at),
  pageRoom: (state, seen, at) => isOther(state.pageRoom, seen, at),
  rekey: (state, seen, at) => isOther(state.rekey, seen, at),
  epoch: (state, seen, at) => isOther(state.epoch, seen, at),
  boundary: (state, seen, at) => isOther(state.boundary, seen, at),
  expectedSeq: (state, seen, at) => isOther(state.expectedSeq, seen, at),
  paramsPosted: (state, seen, at) => isOther(state.paramsPosted, seen, at),
  postedRow: (state, seen, at) => isOther(state.postedRow, seen, at),
  down: (state, seen, at) => isOther(state.down, seen, at),
  refusing: (state, seen, at) => isOther(state.refusing, seen, at),
  held: (state, seen, at) => isOther(state.held, seen, at),
  waitHead: (state, seen, at) => isOther(state.waitHead, seen, at),
  waitTail: (state, seen, at) => isOther(state.waitTail, seen, at),
  nicReady: (state, seen, at) => isOther(state.nicReady, seen, at),
  nicInStep: (state, seen, at) => isOther(state.nicInStep, seen, at),
  nicStaticRow: (state, seen, at) => isOther(state.nicStaticRow, seen, at),
  nicRow: (state, seen, at) => isOther(state.nicRow, seen, at),
  nicTaken: (state, seen, at) => isOther(state.nicTaken, seen, at),
  fedHead: (state, seen, at) => isOther(state.fedHead, seen, at),
  fedLost: (state, seen, at) => isOther(state.fedLost, seen, at),
  fedTail: (state, seen, at) => isOther(state.fedTail, seen, at),
  nicDead: (state, seen, at) => isOther(state.nicDead, seen, at),
  nicSeq: (state, seen, at) => isOther(state.nicSeq, seen, at),
  contexts: (state, seen, at) => isOther(state.contexts, seen, at),
  contextsDeleted: (state, seen, at) => isOther(state.contextsDeleted, seen, at),
  outOfOrder: (state, seen, at) => isOther(state.outOfOrder, seen, at),
  outOfOrderBytes: (state, seen, at) => isOther(state.outOfOrderBytes, seen, at),
  encryptedPackets: (state, seen, at) => isOther(state.encryptedPackets, seen, at),
  encryptedBytes: (state, seen, at) => isOther(state.encryptedBytes, seen, at),
  skipNoSyncData: (state, seen, at) => isOther(state.skipNoSyncData, seen, at),
  dropNoSyncData: (state, seen, at) => isOther(state.dropNoSyncData, seen, at),
  dropBypassRequired: (state, seen, at) => isOther(state.dropBypassRequired, seen, at),
  dropNoMemory: (state, seen, at) => isOther(state.dropNoMemory, seen, at),
  dropNoMetadata: (state, seen, at) => isOther(state.dropNoMetadata, seen, at),
  resyncs: (state, seen, at) => isOther(state.resyncs, seen, at),
  resyncBytes: (state, seen, at) => isOther(state.resyncBytes, seen, at),
  dumpPackets: (state, seen, at) => isOther(state.dumpPackets, seen, at),
  dumpBytes: (state, seen, at) => isOther(state.dumpBytes, seen, at),
  piecesComplete: (state, seen, at) => isOther(state.piecesComplete, seen, at),
  piecesStart: (state, seen, at) => isOther(state.piecesStart, seen, at),
  piecesMiddle: (state, seen, at) => isOther(state.piecesMiddle, seen, at),
  piecesEnd: (state, seen, at) => isOther(state.piecesEnd, seen, at),
  piecesTrimmed: (state, seen, at) => isOther(state.piecesTrimmed, seen, at),
  fallbackPackets: (state, seen, at) => isOther(state.fallbackPackets, seen, at),
  fallbackBytes: (state, seen, at) => isOther(state.fallbackBytes, seen, at),
  fallbacksSent: (state, seen, at) => isOther(state.fallbacksSent, seen, at),
};
