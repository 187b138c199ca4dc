import { int32, uint8 } from "../../core/base/columns.ts";
import { i32be, u16be } from "./bytes.ts";
import { endpointText } from "./endpoint.ts";
import type { Packet } from "./headers/packet.ts";
import { type Flow, TcpFlag } from "./segments.ts";

/** Most connections that a capture may have; segments of further ones are left out, so that a scan or flood fits. */
export const flowsMax = 1 << 18;

/** Bytes of one key: both addresses (16 each, IPv4 in the first 4), both ports as they lie in the TCP header. */
const keySize = 36;
const cacheSlots = 1 << 16;

/**
 * The connections of a capture by 4-tuple. A tuple's key is kept as its first packet had it; the flow that is
 * current on it may run the other way round (`reversed`). A direct-mapped cache answers nearly every packet;
 * the map of strings behind it is asked on a miss only.
 */
export class FlowTable {
  readonly flows: Flow[] = [];
  /** Direction of the packet last given to `find`. */
  direction: 0 | 1 = 0;
  /** Packets refused because there were too many flows. */
  refused = 0;

  private readonly cache = new Int32Array(cacheSlots).fill(-1);
  private readonly tuples = new Map<string, number>();
  /** Keys of all tuples, one behind the other; a tuple's address size (4 or 16) and its current flow. */
  private keys = new Uint8Array(keySize * 64);
  private readonly addressSize = int32();
  private readonly current = int32();
  /** By flow: 1 when ends[0] is the destination of its tuple's first packet; first sequence number each way. */
  private readonly reversed = int32();
  private readonly firstSeq = int32();
  /** By stream: the sequence number sent last. */
  private readonly lastSeq = int32();
  /** By flow: 1 once somebody sent what is no SYN. */
  private readonly goesOn = uint8();
  /** By tuple: a SYN that may begin another connection while the current one goes on. */
  private readonly pending = new Map<number, PendingSyn>();
  /** By stream: numbers of its earlier SYNs that answered the same one. */
  private readonly otherIsns = new Map<number, number[]>();

  /**
   * The flow of a packet, begun here if it is new; −1 when there are too many, −2 for a SYN that begins one only if
   * what follows says so. Sets `direction`.
   */
  find(bytes: Uint8Array, packet: Packet, frame: number): number {
    const slot = slotOf(bytes, packet);
    let tuple = this.cache[slot]!;
    let way = tuple < 0 ? -1 : this.wayOf(tuple, bytes, packet);
    if (way < 0) {
      tuple = this.tupleOf(bytes, packet);
      if (tuple < 0) return this.refuse();
      this.cache[slot] = tuple;
      way = this.wayOf(tuple, bytes, packet);
    }
    let flow = this.current.values[tuple]!;
    const startsAnother =
      flow < 0 || ((packet.flags & TcpFlag.syn) !== 0 && this.startsAnother(flow, way, packet));
    const pending = this.pending.size > 0 ? this.pending.get(tuple) : undefined;
    const confirmed = pending && this.confirms(flow, pending, way, packet) ? pending : null;
    if (confirmed || startsAnother) {
      if (this.flows.length >= flowsMax) return this.refuse();
      // Anybody can send a SYN into a connection: it begins another one when somebody goes on from it.
      if (!confirmed && flow >= 0 && this.goesOn.values[flow] === 1 && packet.length === 0)
        return this.keep(tuple, way, packet, frame);
      flow = this.begin(tuple, way, bytes, packet, confirmed);
    }
    this.direction = (way ^ this.reversed.values[flow]!) as 0 | 1;
    this.note(flow, packet, frame);
    return flow;
  }

  /**
   * Whether a packet goes on from a SYN: its sender does, or the peer acknowledges it. Near the numbers that the
   * current connection uses only another SYN can say so.
   */
  private confirms(flow: number, { way, seq }: PendingSyn, packetWay: number, packet: Packet): boolean {
    const isSyn = (packet.flags & TcpFlag.syn) !== 0;
    const stream = 2 * flow + (way ^ this.reversed.values[flow]!);
    const isNear = Math.abs((seq - this.lastSeq.values[stream]!) | 0) < nearBytes;
    if (isNear && !isSyn) return false;
    if (way === packetWay) return !isSyn && packet.seq === afterSyn(seq);
    return (packet.flags & TcpFlag.ack) !== 0 && packet.ack === afterSyn(seq);
  }

  private keep(tuple: number, way: number, { flags, seq, mss }: Packet, frame: number): number {
    this.pending.set(tuple, { way, isAnswer: (flags & TcpFlag.ack) !== 0, seq, mss, frame });
    return -2;
  }

  private refuse(): number {
    this.refused++;
    return -1;
  }

  /** 0: the packet has the tuple's ends in its order, 1: the other way round, −1: it belongs to another tuple. */
  private wayOf(tuple: number, bytes: Uint8Array, packet: Packet): number {
    const size = packet.addressSize;
    if (this.addressSize.values[tuple] !== size) return -1;
    const key = tuple * keySize;
    const { source, destination, tcp } = packet;
    if (this.same(key + 32, bytes, tcp, 4) && this.same(key, bytes, source, size)) {
      if (this.same(key + 16, bytes, destination, size)) return 0;
    }
    if (!this.same(key + 32, bytes, tcp + 2, 2) || !this.same(key + 34, bytes, tcp, 2)) return -1;
    return this.same(key + 16, bytes, source, size) && this.same(key, bytes, destination, size) ? 1 : -1;
  }

  private same(key: number, bytes: Uint8Array, at: number, length: number): boolean {
    const keys = this.keys;
    for (let i = 0; i < length; i++) if (keys[key + i] !== bytes[at + i]) return false;
    return true;
  }

  private tupleOf(bytes: Uint8Array, packet: Packet): number {
    const key = keyText(bytes, packet);
    const known = this.tuples.get(key);
    if (known !== undefined) return known;
    if (this.flows.length >= flowsMax) return -1;
    const tuple = this.tuples.size;
    this.tuples.set(key, tuple);
    this.addressSize.push(packet.addressSize);
    this.current.push(-1);
    this.keepKey(tuple * keySize, bytes, packet);
    return tuple;
  }

  private keepKey(key: number, bytes: Uint8Array, { source, destination, tcp, addressSize }: Packet): void {
    if (key + keySize > this.keys.length) {
      const grown = new Uint8Array(this.keys.length * 2);
      grown.set(this.keys);
      this.keys = grown;
    }
    this.keys.set(bytes.subarray(source, source + addressSize), key);
    this.keys.set(bytes.subarray(destination, destination + addressSize), key + 16);
    this.keys.set(bytes.subarray(tcp, tcp + 4), key + 32);
  }

  /** The first packet that is no SYN tells which of several answers was taken. */
  private goOn(index: number, { flags, ack }: Packet): void {
    if ((flags & TcpFlag.rst) !== 0) return;
    this.goesOn.values[index] = 1;
    const peer = this.direction === 0 ? 1 : 0;
    const taken = this.otherIsns.get(2 * index + peer)?.find((isn) => afterSyn(isn) === ack);
    if (taken !== undefined) this.flows[index]!.isn[peer] = taken;
  }

  /** Whether a SYN or SYN-ACK on a used tuple belongs to a connection after the current one. */
  private startsAnother(index: number, way: number, packet: Packet): boolean {
    const flow = this.flows[index]!;
    const sender = (way ^ this.reversed.values[index]!) as 0 | 1;
    const peer = sender === 0 ? 1 : 0;
    if (flow.isn[sender] === packet.seq >>> 0) return false;
    // A server that forgot may answer the same SYN again with another number.
    const answersPeer =
      (packet.flags & TcpFlag.ack) !== 0 && flow.isn[peer] !== -1 && afterSyn(flow.isn[peer]) === packet.ack;
    if (flow.isn[sender] !== -1) return !answersPeer;
    // Its first SYN on record: late in the capture's order if what it sent before follows it.
    if (flow.firstFrame[sender] !== 0) {
      return afterSyn(packet.seq) !== this.firstSeq.values[2 * index + sender];
    }
    return flow.isn[peer] === -1;
  }

  private begin(
    tuple: number,
    way: number,
    bytes: Uint8Array,
    packet: Packet,
    pending: PendingSyn | null,
  ): number {
    const { source, destination, tcp, addressSize, flags } = packet;
    const sender = endpointText(bytes, source, addressSize, u16be(bytes, tcp));
    const receiver = endpointText(bytes, destination, addressSize, u16be(bytes, tcp + 2));
    // The first frame's sender counts as the client; a SYN-ACK's is the server.
    const isAnswer = (flags & TcpFlag.syn) !== 0 && (flags & TcpFlag.ack) !== 0;
    const fromServer = pending ? (way === pending.way) === pending.isAnswer : isAnswer;
    const previous = this.current.values[tuple]!;
    const flow = this.flows.length;
    this.flows.push({
      ends: fromServer ? [receiver, sender] : [sender, receiver],
      repetition: previous < 0 ? 1 : this.flows[previous]!.repetition + 1,
      mss: [0, 0],
      isn: [-1, -1],
      firstFrame: [0, 0],
      bothSides: [false, false],
    });
    this.reversed.push(way ^ (fromServer ? 1 : 0));
    this.firstSeq.push(0);
    this.firstSeq.push(0);
    this.lastSeq.push(0);
    this.lastSeq.push(0);
    this.goesOn.push(0);
    this.current.values[tuple] = flow;
    if (pending) this.take(flow, tuple, pending);
    return flow;
  }

  /** The flow begins with the SYN that was kept. */
  private take(index: number, tuple: number, { way, seq, mss, frame }: PendingSyn): void {
    this.pending.delete(tuple);
    const flow = this.flows[index]!;
    const direction = (way ^ this.reversed.values[index]!) as 0 | 1;
    flow.firstFrame[direction] = frame;
    flow.isn[direction] = seq >>> 0;
    flow.mss[direction] = mss;
    this.firstSeq.values[2 * index + direction] = seq;
  }

  private note(index: number, packet: Packet, frame: number): void {
    const flow = this.flows[index]!;
    const direction = this.direction;
    if (flow.firstFrame[direction] === 0) {
      flow.firstFrame[direction] = frame;
      this.firstSeq.values[2 * index + direction] = packet.seq;
    }
    if ((packet.flags & TcpFlag.syn) === 0) {
      this.lastSeq.values[2 * index + direction] = packet.seq;
      if (this.goesOn.values[index] === 0) this.goOn(index, packet);
      return;
    }
    const known = flow.isn[direction];
    if (known !== -1 && known !== packet.seq >>> 0) {
      // The connection goes on from the answer that its client took, not from the last one.
      if (this.goesOn.values[index] === 1) return;
      const stream = 2 * index + direction;
      this.otherIsns.set(stream, [...(this.otherIsns.get(stream) ?? []).slice(-isnsMax), known]);
    }
    flow.isn[direction] = packet.seq >>> 0;
    if (packet.mss !== 0) flow.mss[direction] = packet.mss;
  }
}

/** A SYN that is no part of the connection that goes on. */
interface PendingSyn {
  /** As `wayOf` gives it. */
  way: number;
  /** It acknowledges another SYN. */
  isAnswer: boolean;
  seq: number;
  mss: number;
  frame: number;
}

/** Within so many bytes of what was sent last a number may be the current connection's. */
const nearBytes = 1 << 24;

/** Most answers to one SYN that are told apart. */
const isnsMax = 8;

/** The sequence number after a SYN's, which the peer acknowledges, as packets are read: signed 32 bits. */
const afterSyn = (isn: number): number => (isn + 1) | 0;

/** Both directions of a connection share a slot: the ends are mixed by XOR. */
function slotOf(bytes: Uint8Array, { source, destination, tcp, addressSize }: Packet): number {
  const last = addressSize - 4;
  const addresses = i32be(bytes, source + last) ^ i32be(bytes, destination + last);
  const ports = u16be(bytes, tcp) ^ u16be(bytes, tcp + 2);
  const mixed = Math.imul(addresses, 0x9e3779b1) ^ Math.imul(ports, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & (cacheSlots - 1);
}

/** The tuple's key in the map: the same for both directions. */
function keyText(bytes: Uint8Array, { source, destination, tcp, addressSize }: Packet): string {
  const end = (address: number, port: number) => {
    let text = String.fromCharCode(u16be(bytes, port));
    for (let i = 0; i < addressSize; i += 4) {
      text += String.fromCharCode(u16be(bytes, address + i), u16be(bytes, address + i + 2));
    }
    return text;
  };
  const a = end(source, tcp);
  const b = end(destination, tcp + 2);
  return a < b ? a + b : b + a;
}
