import type { Layout } from "../base/record.ts";
import type { Seq } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import type { Profile } from "./profile.ts";
import type { SinkOf } from "./sink.ts";
import type { ConnectionState } from "./state.ts";

/**
 * What one who works rightly does where one with a bug does otherwise. The right version stands beside the algorithm
 * that asks (the `rules.ts` of kernel, driver and nic), a bug replaces it. A rule is asked with the socket that it is asked of, which
 * has its rules: so the socket's type is left open here, and settled where sockets are.
 */
export interface KernelRules<Socket> {
  /** Bytes of payload that closing a record takes for its tag. */
  eatenByTag(open: { pageRoom: number }, payload: number): number;
  /** Bytes behind the header that a record of `length` bytes says it has. */
  lengthTold(length: number, layout: Layout): number;
  /** MSG_MORE leaves a record open though its fragment table is full. */
  overfillsFragments(before: boolean): boolean;
  /** pending_open_record_frags behind a sendmsg: `open` is whether a record is open. */
  pendingOpen(pending: number, more: boolean, open: boolean): number;
  /** True if an empty record goes out ahead of a control record. */
  pushesEmpty(pending: number): boolean;
  /** What is open is pushed at the end of a sendfile. */
  pushesAtEof: boolean;
  /** tls_get_record() looks whether the list reaches down to the byte. */
  boundsLookup(socket: Socket): boolean;
  /** clean_acked frees what ends by this number. */
  releasedBy(ack: Seq): Seq;
  /** TX_SYNC_SCHED stays set when the driver could not take the resync. */
  resyncStaysPending: boolean;
  /** The write queue's tail is fenced where the offload starts. */
  fencesStart: boolean;
  /** The validation hook once the device went down, one of Hook. */
  hookWhenDown: number;
  /** tls_device_sk_destruct() queues the deletion of the driver's context. */
  deletesContext(state: ConnectionState): void;
  /** Which slave of a bond gets the context, by its place. */
  slaveOf(index: number): number;
  /** Where a packet goes whose route is on the bond of the context's device, one of Way or DropCode. */
  wayOnBond(socket: Socket, slaves: readonly number[]): number;
}

export interface DriverRules<Socket> {
  /** Wire packets that a segment counts as are this long; 0 = every segment counts as one. */
  countedSize(profile: Profile, mss: number): number;
  /** tls_dev_add: what the hardware refused is reported, or not: installs the context, or goes on in software. */
  takeRefusal(socket: Socket, at: Seq): void;
  /** True if a packet of `length` bytes from `from` on ends before `start`, a record's or the marker's. */
  endsBefore(from: Seq, length: number, start: Seq): boolean;
  /** The record to rebuild for a packet whose first byte lies in record `row`. */
  rebuiltRow(socket: Socket, row: number): number;
  /** What becomes of a packet whose record, as looked up, is the start marker `row`; true if it was posted. */
  sendBeforeMarker(socket: Socket, row: number, sink: SinkOf<Socket>): boolean;
  /** A marked packet before the start marker may not leave. */
  dropsMarked(socket: Socket): boolean;
  /** A record that does not hold the byte asked for is no answer. */
  refusesStale: boolean;
  /** Posts the resync of record `row`, then the packet; true if the packet was posted. */
  resyncAndSend(socket: Socket, row: number, sink: SinkOf<Socket>): boolean;
  /** The row whose number a resync of record `row` posts. */
  postedRow(row: number): number;
  /** Bytes that are posted of a prefix of `whole` bytes. */
  prefixSize(whole: number): number;
  /** Bytes of the next DUMP, of `left` that are to come. */
  dumpSize(left: number, mtu: number): number;
  /** True if static params are posted for a resync of record `row`. */
  postsStatic(state: ConnectionState, row: number): boolean;
  /** The params of a resync hold back what comes behind them. */
  fencesParams: boolean;
  /** True if the expected number stays moved on though the packet could not be posted. */
  staysAdvanced(socket: Socket): boolean;
  /** Who encrypts a packet that the driver hands to the NIC: `engine`, one of Engine. */
  engineOf(engine: number): number;
  /** chcr_ktls_xmit: true if the packet is one for the NIC at all. */
  isForNic(socket: Socket): boolean;
  /** chcr_ktls_xmit: behind the lookup that gave record `row` for byte `at`, under the record map's lock. */
  afterLookup(socket: Socket, row: number, at: Seq, sink: SinkOf<Socket>): void;
  /** chcr_ktls_xmit: true if the NIC's TCP engine ever sends this piece. */
  canSend(socket: Socket, piece: PiecePlace): boolean;
  /** chcr_ktls_xmit: the row whose number a piece of record `row` is encrypted under. */
  pieceRow(row: number, isJumpedEnd: boolean): number;
}

/** Where a piece of a packet lies, for who asks whether it can be sent. */
export interface PiecePlace {
  row: number;
  at: Seq;
  /** One of PieceCode, −1 = a part of a tag alone. */
  form: number;
  /** The packet does not start where the driver expects. */
  jumped: boolean;
}

/** What a broken engine does where a tag belongs: nothing, or the wrong one. */
export type TagFault = "none" | "left" | "wrong";

export interface NicRules<Socket> {
  /** Takes all descriptors of the queue. */
  takeAll(socket: Socket, sink: SinkOf<Socket>): void;
  /** The connection whose keys the context has. */
  contextOf(socket: Socket): Connection;
  /** Offset in its record from which a piece at `offset` is encrypted. */
  pieceStart(offset: number, prepend: number): number;
  /** What the NIC's engine, and the software fallback's cipher, do where a tag belongs. */
  nicTag: TagFault;
  fallbackTag: TagFault;
  /** A reset of the transmit queue: the NIC goes on. */
  afterReset(state: ConnectionState): void;
  /** Why a NIC that takes nothing drops a packet, one of DropCode. */
  deadReason(state: ConnectionState): number;
  /** The engines (1 << Engine) that may make wrong bytes of what they are rightly given. */
  spoils(socket: Socket): number;
}

export interface RulesOf<Socket> extends KernelRules<Socket>, DriverRules<Socket>, NicRules<Socket> {}
