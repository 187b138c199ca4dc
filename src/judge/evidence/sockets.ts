import { seq, toU32 } from "../../core/base/seq.ts";
import type { Timeline } from "../../replay/timeline.ts";
import type { Tracepoint, TracepointName } from "../../trace/evidence/tracepoints.ts";
import type { Expected, FieldName, FieldValue } from "./expected.ts";
import { listIn } from "./lists.ts";

/** What one socket reported in one kernel trace, from its offload (or its first tracepoint) to the next one's. */
export interface Socket {
  file: string;
  /** The pointer, null where the tracepoint has none. */
  sk: string | null;
  tracepoints: Tracepoint[];
  /** The connection of the replay that it is, −1 if none is known. */
  connection: number;
  /** Connections that fit equally well, where that is why none is known. */
  fits: readonly number[];
  /** True if another socket of the same trace is this connection already. */
  isStray: boolean;
}

const transmitSide: ReadonlySet<TracepointName> = new Set([
  "tls_device_offload_set",
  "tls_device_tx_resync_req",
  "tls_device_tx_resync_send",
  "tls_device_complete_rekey_fail",
  "tcp_retransmit_skb",
]);

/** True for what the sending side of TLS and TCP report; the rest is not laid over a replay. */
const isOfTransmit = (tracepoint: Tracepoint): boolean =>
  transmitSide.has(tracepoint.event) &&
  (tracepoint.event !== "tls_device_offload_set" || tracepoint.fields.direction === 1);

type Fields = Tracepoint["fields"];
/** What tracepoints tell in a field of this name; null where a kernel does not print it. */
export type Told<Name extends FieldName> = Extract<Fields, { readonly [name in Name]: unknown }>[Name];

/** A field of whatever tracepoint; undefined if that one has none of this name. */
export const fieldOf = <Name extends FieldName>({ fields }: Tracepoint, name: Name): Told<Name> | undefined =>
  (fields as Partial<Record<FieldName, unknown>>)[name] as Told<Name> | undefined;

/** What the model says of a tracepoint's fields. */
export const wantedIn = ({ fields }: Expected): readonly (readonly [name: FieldName, wanted: FieldValue])[] =>
  Object.entries(fields) as [FieldName, FieldValue][];

/** True if the field is what the model says, or nobody knows. */
export const agrees = (wanted: FieldValue, told: Told<FieldName> | undefined): boolean =>
  wanted === null ||
  told === undefined ||
  told === null ||
  (wanted === "failure" ? told !== 0 : isSameNumber(told, wanted));

/** Numbers are 32 bits of what they stand for, as the kernel prints them. */
const isSameNumber = (told: Told<FieldName>, wanted: number | bigint): boolean =>
  typeof told === "number" && typeof wanted === "number" ? ((told - wanted) | 0) === 0 : told === wanted;

/** True if the tracepoint is the expected one in all that both tell. */
export const isSame = (expected: Expected, tracepoint: Tracepoint): boolean =>
  expected.name === tracepoint.event &&
  wantedIn(expected).every(([name, wanted]) => agrees(wanted, fieldOf(tracepoint, name)));

/** `SRC:PORT>DST:PORT` as a connection of a capture is named, for IPv4 and for IPv6; none where there are no addresses. */
export function addressNames(tracepoint: Tracepoint): string[] {
  if (tracepoint.event !== "tcp_retransmit_skb") return [];
  const { saddr, sport, daddr, dport, saddrv6, daddrv6 } = tracepoint.fields;
  const names = [`${saddr}:${sport}>${daddr}:${dport}`];
  if (saddrv6 !== null && daddrv6 !== null) names.push(`[${saddrv6}]:${sport}>[${daddrv6}]:${dport}`);
  return names;
}

/** A connection's name without the count of a repeated 4-tuple. */
export const tupleOf = (name: string): string => name.replace(/#\d+$/, "");

/** True for a name that addresses can be compared with. */
export const hasAddresses = (name: string): boolean => /^(?:[\d.]+|\[[\da-f:.]+\]):\d+>/i.test(name);

/** The sockets of the evidence, and which connection of the replay each is; pauses behind each socket. */
export function* socketsOf(
  timeline: Timeline,
  tracepoints: readonly Tracepoint[],
  expected: readonly (readonly Expected[])[],
): Generator<number, Socket[]> {
  const sockets = yield* lifetimes(tracepoints);
  yield* new Mapping(timeline, sockets, expected).map();
  return sockets;
}

/** Connections that expect the same at the same sequence number: more tell no socket from another. */
const alikeMax = 256;
/** Reports of one sequence number that are looked at of each connection. */
const timesMax = 16;
/** Streams that are looked at for the numbers of sockets that tell nothing else: beyond, a socket may be any connection's. */
const rangesMax = 2 ** 26;
/** Times that all sockets are looked at again, as what became of one leaves less choice for another. */
const roundsMax = 32;

/** A pointer is used again once its socket is gone: an offload begins a new life, after what TCP did before it. */
function* lifetimes(tracepoints: readonly Tracepoint[]): Generator<number, Socket[]> {
  const living = new Map<string, Socket>();
  const sockets: Socket[] = [];
  for (const tracepoint of tracepoints) {
    yield 0;
    if (!isOfTransmit(tracepoint)) continue;
    const { file, sk } = tracepoint;
    // Without pointer and addresses nobody knows what else is of this socket.
    const key = `${file}\n${sk ?? addressNames(tracepoint)[0] ?? tracepoint.line}`;
    let socket = living.get(key);
    const isOffload = tracepoint.event === "tls_device_offload_set";
    const isNew = isOffload && socket?.tracepoints.some(({ event }) => event !== "tcp_retransmit_skb");
    if (socket === undefined || isNew) {
      socket = { file, sk, tracepoints: [], connection: -1, fits: [], isStray: false };
      sockets.push(socket);
      living.set(key, socket);
    }
    socket.tracepoints.push(tracepoint);
  }
  return sockets;
}

const seqKey = (name: string, tcpSeq: FieldValue | Told<"tcp_seq"> | undefined): string =>
  `${name} ${typeof tcpSeq === "number" ? toU32(seq(tcpSeq)) : tcpSeq}`;

/** A connection's socket, by its pointer. */
const pointerOf = ({ connection, file, sk }: Socket): string => `${connection}\n${file}\n${sk}`;

/** Tells sockets apart by what they report: addresses, sequence numbers and record numbers. */
class Mapping {
  private readonly timeline: Timeline;
  private readonly sockets: readonly Socket[];
  private readonly expected: readonly (readonly Expected[])[];
  /** What the model expects with this name and sequence number. */
  private readonly bySeq = new Map<string, Expected[]>();
  /** Where these are very many: whose they are, each once. */
  private readonly alike = new Map<string, readonly number[]>();
  /** By connection: where its stream begins, and how long it is. */
  private readonly ranges: Float64Array;
  private readonly all: readonly number[];
  /** Streams looked at so far. */
  private looked = 0;
  private readonly byName = new Map<string, number[]>();
  /** Connections that have their socket, by file. */
  private readonly claimed = new Set<string>();

  constructor(timeline: Timeline, sockets: readonly Socket[], expected: readonly (readonly Expected[])[]) {
    this.timeline = timeline;
    this.sockets = sockets;
    this.expected = expected;
    for (const own of expected) this.index(own);
    for (const [key, list] of this.bySeq)
      if (list.length > alikeMax) this.alike.set(key, [...new Set(list.map(({ connection }) => connection))]);
    this.all = expected.map((_, c) => c);
    this.ranges = Float64Array.from(
      timeline.machine.sockets.flatMap(({ connection: { startSeq }, records: log }) => [
        startSeq,
        log.count > 0 ? log.end(log.count - 1) - startSeq : 0,
      ]),
    );
    for (const [c, { flow }] of timeline.trace.connections.entries())
      listIn(this.byName, tupleOf(flow)).push(c);
  }

  /** What one connection expects, by name and sequence number, as many of each as tell anything. */
  private index(own: readonly Expected[]): void {
    const times = new Map<string, number>();
    for (const each of own) {
      if (each.fields.tcp_seq === undefined) continue;
      const key = seqKey(each.name, each.fields.tcp_seq);
      const time = times.get(key) ?? 0;
      times.set(key, time + 1);
      if (time < timesMax) listIn(this.bySeq, key).push(each);
    }
  }

  *map(): Generator<number> {
    // What is unique first; that may leave one choice for what was not.
    let claimed = -1;
    for (let round = 0; round < roundsMax && claimed !== this.claimed.size; round++) {
      claimed = this.claimed.size;
      for (const socket of this.sockets) {
        if (socket.connection < 0) this.choose(socket, yield* this.candidates(socket, true));
        yield this.claimed.size / this.sockets.length;
      }
    }
    const pointers = new Set(this.sockets.map(pointerOf));
    for (const socket of this.sockets) {
      yield* this.adopt(socket, pointers);
    }
    this.eliminate();
    this.takeRetransmissions();
  }

  private choose(socket: Socket, fits: readonly number[]): void {
    socket.fits = fits;
    if (fits.length !== 1) return;
    socket.connection = fits[0]!;
    this.claimed.add(`${socket.file}\n${fits[0]}`);
  }

  /** A socket that fits nothing free, but a connection that has one: its pointer differs from that one's. */
  private *adopt(socket: Socket, pointers: Set<string>): Generator<number> {
    yield 1;
    if (socket.connection >= 0 || socket.fits.length > 0) return;
    const fits = yield* this.candidates(socket, false);
    socket.fits = fits;
    if (fits.length !== 1) return;
    socket.connection = fits[0]!;
    socket.isStray = socket.sk !== null && !pointers.has(pointerOf(socket));
    pointers.add(pointerOf(socket));
  }

  /** Connections that fit best, of all or of those without a socket in this trace. */
  private *candidates(socket: Socket, isFree: boolean): Generator<number, readonly number[]> {
    const free = (c: number) => !isFree || !this.claimed.has(`${socket.file}\n${c}`);
    const names = new Set<string>();
    for (const tracepoint of socket.tracepoints) {
      for (const name of addressNames(tracepoint)) names.add(name);
      yield 0;
    }
    const named = new Set([...names].flatMap((name) => this.byName.get(name) ?? []));
    const scores = new Map<number, number>();
    let alike: readonly number[] | null = null;
    for (const tracepoint of socket.tracepoints) {
      alike = this.score(tracepoint, scores) ?? alike;
      yield 0;
    }
    for (const c of named) scores.set(c, scores.get(c) ?? 0);
    if (alike !== null && scores.size === 0) return alike;
    const known = [...scores].filter(([c]) => free(c) && (named.size === 0 || named.has(c)));
    const best = known.reduce((most, [, score]) => Math.max(most, score), 0);
    const fits = known.filter(([, score]) => score === best).map(([c]) => c);
    return fits.length > 0 || named.size > 0 || !isFree ? fits : this.inRange(socket, free);
  }

  /** Two points if all fields fit, one for the sequence number; gives the connections where too many have it to tell any. */
  private score(tracepoint: Tracepoint, scores: Map<number, number>): readonly number[] | null {
    const own = new Map<number, number>();
    const key = seqKey(tracepoint.event, fieldOf(tracepoint, "tcp_seq"));
    const alike = this.alike.get(key);
    if (alike !== undefined && alike.length > alikeMax) return alike;
    for (const each of this.bySeq.get(key) ?? [])
      if (own.get(each.connection) !== 2) own.set(each.connection, isSame(each, tracepoint) ? 2 : 1);
    for (const [c, points] of own) scores.set(c, (scores.get(c) ?? 0) + points);
    return null;
  }

  /** Connections whose stream holds every sequence number that the socket reports, none for one that says where its own begins. */
  private inRange(socket: Socket, free: (c: number) => boolean): readonly number[] {
    const seqs = socket.tracepoints.flatMap((each) => {
      const at = fieldOf(each, "tcp_seq");
      return at === undefined || at === null ? [] : [at];
    });
    const begins = socket.tracepoints.some(({ event }) => event === "tls_device_offload_set");
    if (seqs.length === 0 || begins) return [];
    const { ranges } = this;
    this.looked += ranges.length / 2;
    if (this.looked > rangesMax) return this.all;
    const holding: number[] = [];
    for (let c = 0; 2 * c < ranges.length; c++) {
      const [start, length] = [ranges[2 * c]!, ranges[2 * c + 1]!];
      if (seqs.every((number) => toU32(seq(number - start)) <= length) && free(c)) holding.push(c);
      if (holding.length > alikeMax) return this.all;
    }
    return holding;
  }

  /** One connection and one socket are left: they belong together if there is no other connection, or the record number fits. */
  private eliminate(): void {
    const { connections } = this.timeline.trace;
    for (const file of new Set(this.sockets.map((socket) => socket.file))) {
      const isLeft = (socket: Socket) =>
        socket.file === file && socket.connection < 0 && socket.fits.length === 0;
      const sockets = this.sockets.filter(isLeft);
      const left = connections.flatMap((_, c) => (this.claimed.has(`${file}\n${c}`) ? [] : [c]));
      const [socket, connection] = [sockets[0], left[0]];
      if (sockets.length !== 1 || socket === undefined || left.length !== 1 || connection === undefined)
        continue;
      if (
        socket.tracepoints.every((each) => hasAddresses(connections[connection]!.flow) && isRetransmit(each))
      )
        continue;
      if (connections.length === 1 || socket.tracepoints.some((each) => this.hasNumber(connection, each)))
        this.choose(socket, [connection]);
    }
  }

  /** Older kernels print no pointer for a retransmission: it is the only connection's, if that has no addresses to compare. */
  private takeRetransmissions(): void {
    const { connections } = this.timeline.trace;
    if (connections.length !== 1 || hasAddresses(connections[0]!.flow)) return;
    for (const file of new Set(this.sockets.map((socket) => socket.file))) {
      const own = this.sockets.filter((socket) => socket.file === file && socket.sk === null);
      const retransmitting = own.filter(({ tracepoints }) => tracepoints.every(isRetransmit));
      if (retransmitting.length === 1) retransmitting[0]!.connection = 0;
    }
  }

  private hasNumber(connection: number, tracepoint: Tracepoint): boolean {
    const recNo = fieldOf(tracepoint, "rec_no");
    return this.expected[connection]!.some(
      ({ name, fields }) => name === tracepoint.event && fields.rec_no === recNo,
    );
  }
}

/** True for what TCP reports of a segment that it sends again. */
export const isRetransmit = ({ event }: Tracepoint): boolean => event === "tcp_retransmit_skb";
