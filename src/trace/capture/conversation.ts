import type { RecordKeys } from "../../core/base/record.ts";
import type { Flow } from "../pcap/segments.ts";
import { Assembly } from "../tls/assembly.ts";
import { headerAt } from "../tls/framing.ts";
import { type Opening, readOpening } from "../tls/opening.ts";
import { renegotiated, renewalsOf } from "../tls/renegotiation.ts";
import { rowsOf } from "./batch.ts";
import type { CaptureContext, Side } from "./context.ts";
import { infosNaming } from "./infos.ts";
import { readSender, roleOf, type Sender, streamName } from "./senders.ts";

/** Every renegotiation costs another reading. */
const renegotiationsMax = 64;

/** The hellos as last looked for: how far that asked for bytes, and from where on bytes may have changed since. By direction. */
interface Seen {
  opening: Opening;
  asked: readonly number[];
  changed: [number, number];
}

/** One TCP connection of a capture, as far as its segments have come. */
export class Conversation {
  /** Those who speak TLS and are wanted, as last read. */
  senders: Sender[] = [];
  /** The direction in which the TLS client sends; undefined: no TLS is spoken. */
  client: 0 | 1 | undefined;
  private readonly context: CaptureContext;
  private readonly index: number;
  private readonly flow: Flow;
  private readonly sides: [Side | null, Side | null] = [null, null];
  private seen: Seen | null = null;
  /** Where secrets were found when it was read last. */
  private keyedBy: readonly string[] = [];

  constructor(context: CaptureContext, index: number, flow: Flow) {
    this.context = context;
    this.index = index;
    this.flow = flow;
  }

  /** True if neither direction has payload. */
  get isEmpty(): boolean {
    return this.sides[0] === null && this.sides[1] === null;
  }

  /** True if it resumes a session whose secrets a connection that is learned later may tell. */
  get awaitsSession(): boolean {
    const { keyLog } = this.context;
    const { names, clientRandom } = this.seen?.opening ?? {};
    return !!names?.resumed.length && keyLog.size > 0 && !keyLog.has(clientRandom ?? "");
  }

  /** True if connections that were learned since it was read tell other secrets of its session. */
  get isOvertaken(): boolean {
    return this.awaitsSession && `${this.keyedNow(this.seen!.opening)}` !== `${this.keyedBy}`;
  }

  private keyedNow(opening: Opening): readonly string[] {
    return this.context.sessions.keyedBy(opening, this.context.keyLog);
  }

  /** Takes one direction's segments with payload, by their rows in the log. */
  take(direction: 0 | 1, rows: Int32Array): void {
    const isn = this.flow.isn[direction];
    const side = this.sides[direction];
    if (side?.isn === isn) this.grow(side, rows);
    // A SYN that was captured late says that positions count from elsewhere.
    else if (side) this.begin(direction, rowsOf(this.context.log, this.streamOf(direction)));
    else if (rows.length > 0) this.begin(direction, rows);
  }

  private grow(side: Side, rows: Int32Array): void {
    const from = side.assembly.take(rows);
    side.changed = Math.min(side.changed, from);
    if (this.seen) this.seen.changed[side.direction] = Math.min(this.seen.changed[side.direction], from);
  }

  /** The stream's number: 2 × flow + direction. */
  private streamOf(direction: 0 | 1): number {
    return 2 * this.index + direction;
  }

  private begin(direction: 0 | 1, rows: Int32Array): void {
    const { log, window } = this.context;
    const { flow } = this;
    const isn = flow.isn[direction];
    const assembly = new Assembly(log, isn, rows[0]!, window);
    assembly.take(rows);
    const stream = this.streamOf(direction);
    this.seen = null;
    const [changed, unlisted] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    this.sides[direction] = {
      flow,
      direction,
      stream,
      isn,
      assembly,
      changed,
      unlisted,
      walk: null,
      tapAsked: null,
    };
  }

  /** Reads what they send, as far as it has come. */
  async read(): Promise<void> {
    this.senders = [];
    this.client = undefined;
    const opening = this.openingSoFar();
    const { begins } = opening;
    const { sessions, keyLog } = this.context;
    this.keyedBy = this.keyedNow(opening);
    if (begins[0] === null && begins[1] === null && !this.sides.some((side) => side && this.speaksTls(side)))
      return sessions.learn(this.index, [], keyLog);
    this.client = opening.client;
    let renewals: [RecordKeys, RecordKeys][] = [];
    for (;;) {
      const known = renewals.length;
      this.senders = await this.readBoth(opening, renewals);
      const [client, server] = [opening.client, 1 - opening.client].map((direction) =>
        this.hellosOf(direction),
      );
      sessions.learn(this.index, [opening, ...renegotiated(client!, server!)], keyLog);
      renewals = renewalsOf(keyLog, opening.suite, client!, server!);
      // The hellos of a renegotiation are read under the keys of the one before.
      if (renewals.length <= known || known >= renegotiationsMax) return;
    }
  }

  /** The hellos, looked for again only if what came since may have changed what was seen of them. */
  private openingSoFar(): Opening {
    const streams = this.sides.map((side) => side?.assembly.bytes ?? null);
    const { seen } = this;
    if (seen?.asked.every((asked, direction) => asked <= seen.changed[direction]!)) return seen.opening;
    const before = streams.map((stream) => stream?.askAnew() ?? 0);
    const opening = readOpening([streams[0]!, streams[1]!]);
    const asked = streams.map((stream) => stream?.asked ?? 0);
    for (const [i, stream] of streams.entries()) stream?.ask(before[i]!);
    this.seen = { opening, asked, changed: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] };
    return opening;
  }

  /** True if TLS records are seen at its beginning, or a crypto_info says that it has some. */
  private speaksTls(side: Side): boolean {
    const { bytes } = side.assembly;
    const header = headerAt(bytes, bytes.begin);
    const follows = header && headerAt(bytes, bytes.begin + header.length);
    return (header && follows !== null) || infosNaming(this.context, side).length > 0;
  }

  /** The TLS client first. */
  private async readBoth(opening: Opening, renewals: readonly [RecordKeys, RecordKeys][]): Promise<Sender[]> {
    const senders: Sender[] = [];
    for (const direction of [opening.client, 1 - opening.client]) {
      const side = this.sides[direction];
      if (!side || !this.context.isWanted(streamName(side))) continue;
      const role = roleOf(side, opening);
      const renewed = renewals.map((both) => both[role]);
      senders.push(await readSender(this.context, side, opening, renewed));
    }
    return senders;
  }

  private hellosOf(direction: number) {
    return this.senders.find(({ side }) => side.direction === direction)?.offload?.walked.hellos ?? [];
  }

  /** Lets go of what only reading on needs, and what reading anew makes again. */
  rest(): void {
    for (const side of this.sides) {
      if (side === null) continue;
      side.walk = null;
      side.tapAsked = null;
    }
  }

  /** The same, and of what only reading needs: no more segments will come. */
  finish(): void {
    this.rest();
    for (const side of this.sides) side?.assembly.forgetRows();
  }
}
