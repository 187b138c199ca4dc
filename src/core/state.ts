/**
 * What changes about a connection: plain numbers only, owned and changed in place by `step`. Sequence numbers are
 * signed 32-bit (Seq), rows are indices into the connection's record log, booleans are 0 or 1. A snapshot is these
 * fields copied into a row of a pool; nothing else has to be saved, because the logs only grow.
 */
export class ConnectionState {
  /** setsockopt(TLS_TX) was done: the connection is offloaded. */
  installed = 0;

  // TCP
  /** Everything before it is acknowledged; meaningful once `acked`. */
  sndUna = 0;
  acked = 0;
  /** End of the highest segment handed to the device; meaningful once `sent`. */
  sndNxt = 0;
  sent = 0;

  // TLS layer (tls_offload_context_tx)
  /** The record map is the window [head, tail) of the record log; row 0 is the start marker. */
  head = 0;
  tail = 0;
  /** Total bytes of the open record so far, its header included; 0 = none is open. */
  openLength = 0;
  openType = 0;
  /** Event that opened the open record. */
  openedBy = -1;
  /** Application bytes taken by sendmsg so far. */
  written = 0;
  /** retransmit_hint as a row, −1 = null. */
  hint = -1;

  // driver
  expectedSeq = 0;
  /** The first data packet has posted the params (ctx_post_pending is over). */
  paramsPosted = 0;
  /** Record whose number the last static params carried (the remembered rec_seq). */
  postedRow = 0;

  // NIC
  /** It has been told a record to start from. */
  nicReady = 0;
  nicInStep = 0;
  /** The record that the last static params named. */
  nicStaticRow = 0;
  /** The record it is in and the bytes taken of it; frozen where it lost step. */
  nicRow = 0;
  nicTaken = 0;
  /** While out of step: what it was fed since is rows [fedHead, fedTail) of the fed log. */
  fedHead = 0;
  fedTail = 0;

  // counters, moved by `emit` from effects, those of DUMPs by the NIC that takes them
  contexts = 0;
  outOfOrder = 0;
  encryptedPackets = 0;
  encryptedBytes = 0;
  skipNoSyncData = 0;
  dropNoSyncData = 0;
  dropBypassRequired = 0;
  dumpPackets = 0;
  dumpBytes = 0;

  /** Copies the fields into `pool` from index `at` on. */
  save(pool: Float64Array, at: number): void {
    for (let i = 0; i < stateFields.length; i++) pool[at + i] = this[stateFields[i]!];
  }

  load(pool: Float64Array, at: number): void {
    for (let i = 0; i < stateFields.length; i++) {
      const value = pool[at + i]!;
      // A pool gives doubles: fields that once held one stay slow, so integers go in as integers.
      this[stateFields[i]!] = (value | 0) === value ? value | 0 : value;
    }
  }

  copy(): ConnectionState {
    return Object.assign(new ConnectionState(), this);
  }
}

export type StateField = {
  [K in keyof ConnectionState]: ConnectionState[K] extends number ? K : never;
}[keyof ConnectionState];

/** Every field, in the order of a snapshot's row. */
export const stateFields = Object.keys(new ConnectionState()) as StateField[];
