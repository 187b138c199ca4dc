/** What sk_validate_xmit_skb is (net/tls/tls_device_fallback.c). */
export const Hook = {
  /** None: an ordinary socket. */
  none: 0,
  /** tls_validate_xmit_skb: to the driver on the context's device, else the fallback. */
  device: 1,
  /** tls_validate_xmit_skb_sw: always the fallback, once the device went down. */
  software: 2,
  /** tls_validate_xmit_skb_rekey, during a rekey: what lies behind the boundary is ready ciphertext. */
  rekey: 3,
} as const;

/** True if a device's bit is set in a field of one bit a device. */
export const isSet = (devices: number, device: number): boolean => ((devices >> device) & 1) === 1;

/** How far a rekey of the device has got: TLS_TX_REKEY_PENDING, _READY, _FAILED. */
export const Rekey = { none: 0, pending: 1, ready: 2, failed: 3 } as const;

/** TLS_TX_REKEY_PENDING: READY comes beside it. */
export const isPending = ({ rekey }: { rekey: number }): boolean =>
  rekey === Rekey.pending || rekey === Rekey.ready;

/**
 * What changes about a connection: plain numbers only, owned and changed in place by `step`. Sequence numbers are
 * places (Seq), rows are indices into the connection's record log, booleans are 0 or 1. A snapshot is these
 * fields copied into a row of a pool; nothing else has to be saved, because the logs only grow.
 */
export class ConnectionState {
  /** setsockopt(TLS_TX) was done: the connection is offloaded. */
  installed = 0;

  /** What its device is, a place in Socket.equipments: as declared, or what it has become. */
  equipment = 0;

  // TCP
  /** Everything before it is acknowledged; meaningful once `acked`. */
  sndUna = 0;
  acked = 0;
  /** clean_acked for sndUna waits for the record map's lock, which the driver takes for the next segment. */
  ackWaits = 0;
  /** End of the highest segment handed to the device; meaningful once `sent`. */
  sndNxt = 0;
  sent = 0;
  /** The validation hook (sk_validate_xmit_skb), one of Hook. */
  hook = 0;
  /** 1 if a packet may not go straight from TCP through the driver to the NIC: what the fields of the path below say, in one. */
  detour = 1;
  /** Device of the driver's context (tls_context.netdev), −1 = null. */
  netdev = -1;
  /** Device that the route leads through, and the transmit queue there. */
  route = 0;
  queueNumber = 0;
  /** Rows of the change log that hold here: fences, marks, page writes. */
  changes = 0;
  /** Of these, page writes: 0 = every page is as it was when it was sent. */
  pageWrites = 0;

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
  /** Row of the start marker last installed. */
  markerRow = 0;
  /** TLS_SW: records are encrypted before TCP gets them. */
  software = 0;
  /** TX_SYNC_SCHED: the driver waits for the next record. */
  resyncPending = 0;
  /** pending_open_record_frags. */
  pendingOpen = 0;
  /** Fragments of the open record, bytes in each zero-copy one (0 = copied), and room in the socket's page fragment. */
  openFragments = 0;
  openOnPage = 0;
  openPieceSize = 0;
  openPieceLeft = 0;
  pageRoom = 0;
  /** One of Rekey; the epoch of the next record, and where the old key's records end. */
  rekey = 0;
  epoch = 0;
  boundary = 0;

  // driver
  expectedSeq = 0;
  /** The first data packet has posted the params (ctx_post_pending is over). */
  paramsPosted = 0;
  /** Record whose number the last static params carried (the remembered rec_seq). */
  postedRow = 0;
  /** Devices that are down, and those whose driver fails what the TLS layer asks of it: one bit each. */
  down = 0;
  refusing = 0;

  // transmit queue
  /** Devices that take nothing at present, one bit each: what is posted there waits, rows [waitHead, waitTail) of the waiting log. */
  held = 0;
  waitHead = 0;
  waitTail = 0;

  // NIC
  /** It has been told a record to start from. */
  nicReady = 0;
  nicInStep = 0;
  /** The record that the last static params named. */
  nicStaticRow = 0;
  /** The record it is in and the bytes taken of it; frozen where it lost step. */
  nicRow = 0;
  nicTaken = 0;
  /** What it was fed: of its record as far as pages had changed rows [fedHead, fedLost) of the fed log, out of step [fedLost, fedTail). */
  fedHead = 0;
  fedLost = 0;
  fedTail = 0;
  /** The queue is in error state: the NIC takes nothing more. */
  nicDead = 0;
  /** Number that a NIC which checks them expects (seqCheckedByNic). */
  nicSeq = 0;

  // counters, moved by `emit` from effects, those of DUMPs by the NIC that takes them
  contexts = 0;
  contextsDeleted = 0;
  outOfOrder = 0;
  outOfOrderBytes = 0;
  encryptedPackets = 0;
  encryptedBytes = 0;
  skipNoSyncData = 0;
  dropNoSyncData = 0;
  dropBypassRequired = 0;
  dropNoMemory = 0;
  dropNoMetadata = 0;
  resyncs = 0;
  resyncBytes = 0;
  dumpPackets = 0;
  dumpBytes = 0;
  piecesComplete = 0;
  piecesStart = 0;
  piecesMiddle = 0;
  piecesEnd = 0;
  piecesTrimmed = 0;
  /** Packets that the software fallback encrypted; no kernel counts them. */
  fallbackPackets = 0;
  fallbackBytes = 0;
  fallbacksSent = 0;

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

  /** A spread takes all fields at once: assigning them one by one costs ten times as much. */
  copy(): ConnectionState {
    return Object.setPrototypeOf({ ...this }, ConnectionState.prototype);
  }
}

export type StateField = {
  [K in keyof ConnectionState]: ConnectionState[K] extends number ? K : never;
}[keyof ConnectionState];

/** Every field, in the order of a snapshot's row. */
export const stateFields = Object.keys(new ConnectionState()) as StateField[];

/** Says in one field whether packets go straight to the driver and on to the NIC; after whatever may have changed that. */
export function settlePath(state: ConnectionState): void {
  const straight = state.hook === Hook.device && state.route === state.netdev;
  const free = state.held === 0 && state.waitHead === state.waitTail && state.ackWaits === 0;
  // Behind a rekey the hook drops what is acknowledged.
  state.detour = straight && free && state.markerRow === 0 ? 0 : 1;
}
