/** What drivers count (kernel.md sections 5 and 6), in the order in which the checker compares. */
export const noCounts = () => ({
  contexts: 0,
  contextsDeleted: 0,
  outOfOrder: 0,
  outOfOrderBytes: 0,
  encryptedPackets: 0,
  encryptedBytes: 0,
  skipNoSyncData: 0,
  dropNoSyncData: 0,
  dropBypassRequired: 0,
  dropNoMetadata: 0,
  dropNoMemory: 0,
  resyncs: 0,
  fallbackPackets: 0,
  fallbackBytes: 0,
  fallbacksSent: 0,
  piecesComplete: 0,
  piecesStart: 0,
  piecesMiddle: 0,
  piecesEnd: 0,
  piecesTrimmed: 0,
});
export type Counts = ReturnType<typeof noCounts>;
