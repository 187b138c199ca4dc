import type { RecordKeys } from "../../core/base/record.ts";
import type { Flow } from "../pcap/segments.ts";
import { Assembly } from "../tls/assembly.ts";
import { headerAt } from "../tls/framing.ts";
import { type Opening, readOpening } from "../tls/opening.ts";
import { renewalsOf } from "../tls/renegotiation.ts";
import { rowsOf } from "./batch.ts";
import { type CaptureContext, infoOf, readSender, type Sender, type Side, streamName } from "./senders.ts";

/** Every renegotiation costs another reading. */
const renegotiationsMax = 64;

/** One TCP connection of a capture, as far as its segments have come. */
export class Conversation {
  /** Those who speak TLS and are wanted, as last read. */
  senders: Sender[] = [];
  private readonly context: CaptureContext;
  private readonly index: number;
  private readonly flow: Flow;
  private readonly sides: [Side | null, Side | null] = [null, null];

  constructor(context: CaptureContext, index: number, flow: Flow) {
    this.context = context;
    this.index = index;
    this.flow = flow;
  }

  /** True if neither direction has payload. */
  get isEmpty(): boolean {
    return this.sides[0] === null && this.sides[1] === null;
  }

  /** Takes one direction's segments with payload, by their rows in the log. */
  take(direction: 0 | 1, rows: Int32Array): void {
    const isn = this.flow.isn[direction];
    const side = this.sides[direction];
    if (side?.isn === isn) side.changed = Math.min(side.changed, side.assembly.take(rows));
    // A SYN that was captured late says that positions count from elsewhere.
    else if (side) this.begin(direction, rowsOf(this.context.log, this.streamOf(direction)));
    else if (rows.length > 0) this.begin(direction, rows);
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
    const [changed, unlisted] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    this.sides[direction] = { flow, direction, stream, isn, assembly, changed, unlisted, walk: null };
  }

  /** Reads what they send, as far as it has come. */
  async read(): Promise<void> {
    this.senders = [];
    if (!this.sides.some((side) => side && this.speaksTls(side))) return;
    const [client, server] = this.sides;
    const opening = readOpening(client?.assembly.bytes ?? null, server?.assembly.bytes ?? null);
    let renewals: [RecordKeys, RecordKeys][] = [];
    for (;;) {
      const known = renewals.length;
      this.senders = await this.readBoth(opening, renewals);
      renewals = renewalsOf(this.context.keyLog, opening.suite, this.hellosOf(0), this.hellosOf(1));
      // The hellos of a renegotiation are read under the keys of the one before.
      if (renewals.length <= known || known >= renegotiationsMax) return;
    }
  }

  /** True if TLS records are seen at its beginning, or a crypto_info says that it has some. */
  private speaksTls(side: Side): boolean {
    const { bytes } = side.assembly;
    const header = headerAt(bytes, bytes.begin);
    const follows = header && headerAt(bytes, bytes.begin + header.length);
    return (header && follows !== null) || infoOf(this.context, side) !== null;
  }

  private async readBoth(opening: Opening, renewals: readonly [RecordKeys, RecordKeys][]): Promise<Sender[]> {
    const senders: Sender[] = [];
    for (const side of this.sides) {
      if (!side || !this.context.isWanted(streamName(side))) continue;
      const renewed = renewals.map((both) => both[side.direction]);
      senders.push(await readSender(this.context, side, opening, renewed));
    }
    return senders;
  }

  private hellosOf(direction: 0 | 1) {
    return this.senders.find(({ side }) => side.direction === direction)?.offload?.walked.hellos ?? [];
  }

  /** Lets go of what only reading on needs: no more segments will come. */
  finish(): void {
    for (const side of this.sides) {
      if (side === null) continue;
      side.assembly.forgetRows();
      side.walk = null;
    }
  }
}
