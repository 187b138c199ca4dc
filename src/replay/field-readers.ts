import type { ConnectionState, StateField } from "../core/machine/state.ts";

/** Writes a field of a state to a place of a list: what would be given as a value is boxed, where it is no small integer. */
export type FieldReader = (state: ConnectionState, into: Float64Array, at: number) => void;

/**
 * Each field of a state by a function of its own: reading one by its name, another each time, costs a hundred times as
 * much, and a search reads fields after every stage of every event.
 */
export const fieldReaders: Readonly<Record<StateField, FieldReader>> = {
  installed: (state, into, at) => {
    into[at] = state.installed;
  },
  sndUna: (state, into, at) => {
    into[at] = state.sndUna;
  },
  acked: (state, into, at) => {
    into[at] = state.acked;
  },
  ackWaits: (state, into, at) => {
    into[at] = state.ackWaits;
  },
  sndNxt: (state, into, at) => {
    into[at] = state.sndNxt;
  },
  sent: (state, into, at) => {
    into[at] = state.sent;
  },
  hook: (state, into, at) => {
    into[at] = state.hook;
  },
  detour: (state, into, at) => {
    into[at] = state.detour;
  },
  netdev: (state, into, at) => {
    into[at] = state.netdev;
  },
  route: (state, into, at) => {
    into[at] = state.route;
  },
  queueNumber: (state, into, at) => {
    into[at] = state.queueNumber;
  },
  changes: (state, into, at) => {
    into[at] = state.changes;
  },
  pageWrites: (state, into, at) => {
    into[at] = state.pageWrites;
  },
  head: (state, into, at) => {
    into[at] = state.head;
  },
  tail: (state, into, at) => {
    into[at] = state.tail;
  },
  openLength: (state, into, at) => {
    into[at] = state.openLength;
  },
  openType: (state, into, at) => {
    into[at] = state.openType;
  },
  openedBy: (state, into, at) => {
    into[at] = state.openedBy;
  },
  written: (state, into, at) => {
    into[at] = state.written;
  },
  hint: (state, into, at) => {
    into[at] = state.hint;
  },
  markerRow: (state, into, at) => {
    into[at] = state.markerRow;
  },
  software: (state, into, at) => {
    into[at] = state.software;
  },
  resyncPending: (state, into, at) => {
    into[at] = state.resyncPending;
  },
  pendingOpen: (state, into, at) => {
    into[at] = state.pendingOpen;
  },
  openFragments: (state, into, at) => {
    into[at] = state.openFragments;
  },
  openOnPage: (state, into, at) => {
    into[at] = state.openOnPage;
  },
  openPieceSize: (state, into, at) => {
    into[at] = state.openPieceSize;
  },
  openPieceLeft: (state, into, at) => {
    into[at] = state.openPieceLeft;
  },
  pageRoom: (state, into, at) => {
    into[at] = state.pageRoom;
  },
  rekey: (state, into, at) => {
    into[at] = state.rekey;
  },
  epoch: (state, into, at) => {
    into[at] = state.epoch;
  },
  boundary: (state, into, at) => {
    into[at] = state.boundary;
  },
  expectedSeq: (state, into, at) => {
    into[at] = state.expectedSeq;
  },
  paramsPosted: (state, into, at) => {
    into[at] = state.paramsPosted;
  },
  postedRow: (state, into, at) => {
    into[at] = state.postedRow;
  },
  down: (state, into, at) => {
    into[at] = state.down;
  },
  refusing: (state, into, at) => {
    into[at] = state.refusing;
  },
  held: (state, into, at) => {
    into[at] = state.held;
  },
  waitHead: (state, into, at) => {
    into[at] = state.waitHead;
  },
  waitTail: (state, into, at) => {
    into[at] = state.waitTail;
  },
  nicReady: (state, into, at) => {
    into[at] = state.nicReady;
  },
  nicInStep: (state, into, at) => {
    into[at] = state.nicInStep;
  },
  nicStaticRow: (state, into, at) => {
    into[at] = state.nicStaticRow;
  },
  nicRow: (state, into, at) => {
    into[at] = state.nicRow;
  },
  nicTaken: (state, into, at) => {
    into[at] = state.nicTaken;
  },
  fedHead: (state, into, at) => {
    into[at] = state.fedHead;
  },
  fedLost: (state, into, at) => {
    into[at] = state.fedLost;
  },
  fedTail: (state, into, at) => {
    into[at] = state.fedTail;
  },
  nicDead: (state, into, at) => {
    into[at] = state.nicDead;
  },
  nicSeq: (state, into, at) => {
    into[at] = state.nicSeq;
  },
  contexts: (state, into, at) => {
    into[at] = state.contexts;
  },
  contextsDeleted: (state, into, at) => {
    into[at] = state.contextsDeleted;
  },
  outOfOrder: (state, into, at) => {
    into[at] = state.outOfOrder;
  },
  outOfOrderBytes: (state, into, at) => {
    into[at] = state.outOfOrderBytes;
  },
  encryptedPackets: (state, into, at) => {
    into[at] = state.encryptedPackets;
  },
  encryptedBytes: (state, into, at) => {
    into[at] = state.encryptedBytes;
  },
  skipNoSyncData: (state, into, at) => {
    into[at] = state.skipNoSyncData;
  },
  dropNoSyncData: (state, into, at) => {
    into[at] = state.dropNoSyncData;
  },
  dropBypassRequired: (state, into, at) => {
    into[at] = state.dropBypassRequired;
  },
  dropNoMemory: (state, into, at) => {
    into[at] = state.dropNoMemory;
  },
  dropNoMetadata: (state, into, at) => {
    into[at] = state.dropNoMetadata;
  },
  resyncs: (state, into, at) => {
    into[at] = state.resyncs;
  },
  resyncBytes: (state, into, at) => {
    into[at] = state.resyncBytes;
  },
  dumpPackets: (state, into, at) => {
    into[at] = state.dumpPackets;
  },
  dumpBytes: (state, into, at) => {
    into[at] = state.dumpBytes;
  },
  piecesComplete: (state, into, at) => {
    into[at] = state.piecesComplete;
  },
  piecesStart: (state, into, at) => {
    into[at] = state.piecesStart;
  },
  piecesMiddle: (state, into, at) => {
    into[at] = state.piecesMiddle;
  },
  piecesEnd: (state, into, at) => {
    into[at] = state.piecesEnd;
  },
  piecesTrimmed: (state, into, at) => {
    into[at] = state.piecesTrimmed;
  },
  fallbackPackets: (state, into, at) => {
    into[at] = state.fallbackPackets;
  },
  fallbackBytes: (state, into, at) => {
    into[at] = state.fallbackBytes;
  },
  fallbacksSent: (state, into, at) => {
    into[at] = state.fallbacksSent;
  },
};
