import { type Session, session } from "../bench/tls-session.ts";
import {
  ethernet,
  ipv4,
  ipv6,
  joined,
  pcap,
  pcapngBlocks,
  tcp,
  u32be,
  v6Destination,
  v6Source,
} from "../capture-builder.ts";
import { seeded } from "../simulator/mutate.ts";

/** A stream of a capture that is made: its name, and the number of its first byte behind the handshake. */
interface MadeStream {
  tuple: string;
  start: number;
}

export interface MadeCapture {
  bytes: Uint8Array;
  keyLog: string;
  streams: MadeStream[];
}

type Side = 0 | 1;
const serverPort = 443;
const wrapsIn = 40_000;
const day = 86_400_000_000_000n;

/** What differs from capture to capture, drawn by its seed. */
class Draw {
  readonly random: () => number;
  readonly isV6: boolean;
  readonly tags: readonly number[];
  readonly isNano: boolean;
  readonly isPcapng: boolean;
  readonly hasSyn: boolean;
  /** How the clock goes: forwards, or also standing still, back, or a day ahead. */
  private readonly clock: number;
  private now = 1_700_000_000_000_000_000n;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.isV6 = this.chance(0.3);
    this.tags = this.chance(0.3) ? [0x8100] : [];
    this.isNano = this.chance(0.4);
    this.isPcapng = this.chance(0.3);
    this.hasSyn = this.chance(0.75);
    this.clock = this.int(0, 3);
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  int(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  /** The next moment, in nanoseconds. */
  tick(): bigint {
    let step = BigInt(this.int(1, 3_000_000));
    if (this.clock === 1 && this.chance(0.5)) step = 0n;
    if (this.clock === 2 && this.chance(0.2)) step = -step;
    if (this.clock === 3 && this.chance(0.02)) step = day;
    this.now += step;
    return this.isNano || this.isPcapng ? this.now : (this.now / 1000n) * 1000n;
  }
}

interface Frame {
  bytes: Uint8Array;
  at: bigint;
}

/** Both directions of a connection: what each side writes, and how much of it was sent and acknowledged. */
class Talk {
  readonly made: Session;
  readonly steps: (() => void)[] = [];
  private readonly draw: Draw;
  private readonly port: number;
  private readonly frames: Frame[];
  private readonly isn: [number, number];
  private readonly written: [number[], number[]] = [[], []];
  private readonly starts: [number, number] = [0, 0];
  private readonly sent: [number, number] = [0, 0];
  private readonly acked: [number, number] = [0, 0];
  private readonly lost: [[number, number][], [number, number][]] = [[], []];

  constructor(draw: Draw, port: number, frames: Frame[]) {
    this.draw = draw;
    this.port = port;
    this.frames = frames;
    const cipher = (["aes-128-gcm", "chacha20-poly1305", "aes-128-ccm"] as const)[draw.int(0, 2)]!;
    this.made = session(draw.chance(0.5) ? 0x0303 : 0x0304, draw.random, cipher);
    const number = () => 0xffffffff - (draw.chance(0.4) ? draw.int(0, wrapsIn) : draw.int(0, 0xffffffff));
    this.isn = [number(), number()];
    if (draw.hasSyn) this.steps.push(...this.greeting());
    for (const { from, bytes } of this.made.flights) this.steps.push(() => this.shake(from, bytes));
    this.steps.push(() => this.write());
    for (let i = 0; i < 120; i++) this.steps.push(() => this.step(draw.int(0, 1) as Side));
    this.steps.push(() => this.finish());
  }

  get streams(): MadeStream[] {
    const { isV6 } = this.draw;
    const ends = [
      isV6 ? `2001:db8::1:${this.port}` : `10.0.0.1:${this.port}`,
      isV6 ? `2001:db8::2:${serverPort}` : `10.0.0.2:${serverPort}`,
    ];
    return ([0, 1] as const).map((side) => ({
      tuple: `${ends[side]}>${ends[1 - side]}`,
      start: this.seq(side, this.starts[side]) >>> 0,
    }));
  }

  private seq(side: Side, at: number): number {
    return this.isn[side] + 1 + at;
  }

  private greeting(): (() => void)[] {
    return [
      () => this.put(0, { seq: this.isn[0], flags: "S", ack: 0 }),
      () => this.put(1, { seq: this.isn[1], flags: "SA", ack: this.isn[0] + 1 }),
      () => this.put(0, { seq: this.isn[0] + 1 }),
    ];
  }

  private put(
    side: Side,
    given: { seq: number; flags?: string; ack?: number; payload?: Uint8Array; options?: readonly number[] },
  ): void {
    const { isV6, tags } = this.draw;
    const other = (1 - side) as Side;
    const ports = side === 0 ? { from: this.port, to: serverPort } : { from: serverPort, to: this.port };
    const segment = tcp({ ack: this.seq(other, this.acked[other]), ...ports, ...given });
    const ends = [
      [10, 0, 0, 1],
      [10, 0, 0, 2],
    ];
    const packet = isV6 ? ipv6(segment) : ipv4(segment, { source: ends[side]!, destination: ends[other]! });
    if (isV6 && side === 1) {
      packet.set(v6Destination, 8);
      packet.set(v6Source, 24);
    }
    this.frames.push({ bytes: ethernet(packet, isV6 ? 0x86dd : 0x0800, tags), at: this.draw.tick() });
  }

  private send(side: Side, from: number, to: number): void {
    const payload = Uint8Array.from(this.written[side].slice(from, to));
    this.put(side, { seq: this.seq(side, from), payload });
    this.sent[side] = Math.max(this.sent[side], to);
  }

  private sendAll(side: Side): void {
    const end = this.written[side].length;
    for (let at = this.sent[side]; at < end; at += 1400) this.send(side, at, Math.min(end, at + 1400));
  }

  /** The other side acknowledges what it has, with blocks of what lies behind a hole. */
  private acknowledge(side: Side, to: number, sacks: readonly [number, number][] = []): void {
    const other = (1 - side) as Side;
    this.acked[side] = Math.max(this.acked[side], to);
    const edges = sacks.flat().flatMap((at) => u32be(this.seq(side, at) >>> 0));
    const options = sacks.length === 0 ? [] : [1, 1, 5, 2 + edges.length, ...edges];
    this.put(other, { seq: this.seq(other, this.sent[other]), options });
  }

  private shake(side: Side, bytes: Uint8Array): void {
    this.written[side].push(...bytes);
    this.sendAll(side);
    this.acknowledge(side, this.sent[side]);
  }

  private write(): void {
    for (const side of [0, 1] as const) {
      this.starts[side] = this.written[side].length;
      const sealer = side === 0 ? this.made.client : this.made.server;
      for (let i = this.draw.int(3, 10); i > 0; i--) {
        const sizes = [1, this.draw.int(2, 300), this.draw.int(1000, 5000), 16384];
        this.written[side].push(...sealer.seal(23, new Uint8Array(sizes[this.draw.int(0, 3)]!).fill(i)));
      }
    }
  }

  private step(side: Side): void {
    const { draw, starts, sent, acked, lost, written } = this;
    const share = draw.random();
    const end = written[side].length;
    if (share < 0.55 && sent[side] < end) return this.sendNew(side);
    if (sent[side] === starts[side]) return;
    const hole = lost[side][0];
    if (share < 0.7) {
      // Also a part, and over the borders of segments and records. A byte alone could be a probe (RFC 9293 §3.8.4).
      const from =
        hole && draw.chance(0.5) ? hole[0] : draw.int(Math.max(starts[side], acked[side]), sent[side] - 1);
      const to = Math.min(sent[side], from + draw.int(2, 3000));
      if (to > from + 1) this.send(side, from, to);
      lost[side].shift();
    } else if (share < 0.85) {
      const top = hole ? Math.min(hole[0], sent[side]) : draw.int(acked[side], sent[side]);
      this.acknowledge(side, top, hole && hole[1] < sent[side] ? [[hole[1], sent[side]]] : []);
    } else if (share < 0.88 && sent[side] === acked[side])
      this.put(side, { seq: this.seq(side, sent[side] - 1) });
  }

  private sendNew(side: Side): void {
    const { draw, sent, written, lost } = this;
    const size = draw.chance(0.1)
      ? draw.int(2, 20)
      : draw.chance(0.15)
        ? draw.int(3000, 20_000)
        : draw.int(500, 1448);
    const rest = written[side].length - sent[side];
    const [from, to] = [sent[side], sent[side] + (size >= rest - 1 ? rest : size)];
    this.send(side, from, to);
    if (draw.chance(0.15)) lost[side].push([from, to]);
  }

  private finish(): void {
    for (const side of [0, 1] as const) {
      this.sendAll(side);
      this.acknowledge(side, this.sent[side]);
    }
    const flags = ["A", "RA", "FA"][this.draw.int(0, 2)]!;
    for (const side of [0, 1] as const) this.put(side, { seq: this.seq(side, this.sent[side]), flags });
  }
}

/** A capture of up to three connections, both directions of each, with loss, copies of parts and selective acknowledgements. */
export function madeCapture(seed: number): MadeCapture {
  const draw = new Draw(seed);
  const frames: Frame[] = [];
  const talks = Array.from({ length: draw.int(1, 3) }, (_, i) => new Talk(draw, 40_000 + i, frames));
  for (let open = talks; open.length > 0; open = open.filter(({ steps }) => steps.length > 0))
    open[draw.int(0, open.length - 1)]!.steps.shift()!();
  return {
    bytes: draw.isPcapng ? pcapngOf(frames) : pcapOf(frames, draw.isNano),
    keyLog: talks.map(({ made }) => made.keyLog).join(""),
    streams: talks.flatMap(({ streams }) => streams),
  };
}

const second = 1_000_000_000n;

const pcapOf = (frames: readonly Frame[], isNano: boolean): Uint8Array =>
  pcap(
    frames.map(({ bytes, at }) => ({
      bytes,
      time: [Number(at / second), Number(at % second) / (isNano ? 1 : 1000)] as const,
    })),
    { magic: isNano ? "ns" : "us" },
  );

function pcapngOf(frames: readonly Frame[]): Uint8Array {
  const blocks = pcapngBlocks();
  const packets = frames.map(({ bytes, at }) => blocks.enhanced(0, at, bytes));
  return joined(blocks.section(), blocks.interface(1, { resolution: 9 }), ...packets);
}
