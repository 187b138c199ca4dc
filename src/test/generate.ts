import type { Profile } from "../core/profile.ts";
import { ciphers } from "../core/record.ts";
import { parseTrace } from "../trace/text.ts";
import type { Trace } from "../trace/trace.ts";
import { seeded } from "./mutate.ts";
import { Reference } from "./reference.ts";

/** A random trace file: declarations, then one event a line. */
export interface Story {
  declarations: string[];
  events: string[];
}

/** What the generator knows of a connection as it writes its events. */
interface Sender {
  name: string;
  reference: Reference;
  /** Ends of the records pushed so far, for cutting near them. */
  ends: number[];
  /** End of the highest segment sent. */
  sent: number;
  acked: number;
  closed: boolean;
}

/** Random choices, all from one seed. */
class Dice {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
  }

  /** A whole number from `min` to `max`, both included. */
  from(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  one<T>(...choices: readonly T[]): T {
    return choices[this.from(0, choices.length - 1)]!;
  }
}

/** The story of a seed for a profile: the same one always. */
export function generate(seed: number, profile: Profile): Story {
  const dice = new Dice(seed);
  const mtu = dice.one(1500, 1500, 576, 9000);
  const declarations = [`device nic profile=${profile.id} mtu=${mtu}`];
  const names = ["a", "b", "c"].slice(0, dice.one(1, 1, 1, 2, 3));
  for (const name of names) declarations.push(declaration(dice, name));
  const { connections } = readStory({ declarations, events: [] }, profile);
  const senders = connections.map(
    (connection): Sender => ({
      name: connection.name,
      reference: new Reference(connection, profile),
      ends: [],
      sent: 0,
      acked: 0,
      closed: false,
    }),
  );
  const count = dice.from(5, 50);
  return { declarations, events: Array.from({ length: count }, () => event(dice, dice.one(...senders))) };
}

/** The story as a trace, under a profile that need not be the one of its text. */
export function readStory(story: Story, profile: Profile): Trace {
  return parseTrace("simulation", textOf(story), () => profile);
}

export const textOf = ({ declarations, events }: Story): string =>
  `${[...declarations, ...events].join("\n")}\n`;

function declaration(dice: Dice, name: string): string {
  const seq = dice.one(
    0,
    1000,
    2 ** 32 - dice.from(1, 400),
    2 ** 32 - dice.from(1, 40_000),
    2 ** 31 - dice.from(0, 400),
  );
  const recSeq = dice.one(
    "0",
    "1",
    "5",
    "4294967295",
    "9223372036854775807",
    "18446744073709551614",
    "18446744073709551615",
  );
  const cipher = dice.one("aes-128-gcm", ...ciphers);
  const mss = dice.one("", "", " mss=100", " mss=1");
  return `connection ${name} device=nic version=${dice.one("1.2", "1.3")} cipher=${cipher} seq=${seq} rec_seq=${recSeq}${mss}`;
}

function event(dice: Dice, sender: Sender): string {
  const { reference } = sender;
  const choice = dice.from(1, 100);
  const line = (text: string) => `${dice.one("+0", "+.001", "+.05")} ${sender.name} ${text}`;
  if (choice <= 2 && !sender.closed) return line(close(sender));
  const allSent = sender.sent === reference.pushed;
  const writes = choice <= 28 || (allSent && choice <= 60);
  if (writes && !sender.closed) return line(send(dice, sender));
  if (choice <= 65) return line(transmit(dice, sender, sender.sent, cut(dice, sender, sender.sent)));
  if (choice <= 85) return line(retransmit(dice, sender));
  return line(acknowledge(dice, sender));
}

function send(dice: Dice, sender: Sender): string {
  const size = dice.one(
    ...[0, dice.from(1, 20), dice.from(1, 60), dice.from(20, 400), dice.from(1, 1500), dice.from(1, 1500)],
    ...[dice.from(100, 5000), dice.chance(0.3) ? dice.from(16_380, 16_390) : 100],
    dice.chance(0.2) ? dice.from(16_384, 40_000) : 50,
  );
  const typed = dice.chance(0.1);
  const more = !typed && dice.chance(0.3);
  const type = typed ? dice.one(21, 22, 23) : 23;
  sender.reference.send(size, more, typed, type);
  noteEnds(sender);
  return `send ${size}${more ? " more" : dice.chance(0.1) ? " eor" : ""}${typed ? ` type=${type}` : ""}`;
}

function close(sender: Sender): string {
  sender.closed = true;
  sender.reference.close();
  noteEnds(sender);
  return "close";
}

function noteEnds(sender: Sender): void {
  for (const { end } of sender.reference.list) if (end > (sender.ends.at(-1) ?? 0)) sender.ends.push(end);
}

/** Where a segment that starts at `from` may end: by the mss, or near a place of interest, at most at what is pushed. */
function cut(dice: Dice, sender: Sender, from: number): number {
  const { pushed } = sender.reference;
  const ends = [pushed, from + dice.from(1, 30), from + dice.one(100, 536, 1448, 4344), near(dice, sender)];
  const end = dice.one(...ends);
  return end > from && end <= pushed ? end : Math.max(from, Math.min(pushed, from + 1448));
}

/** A place in or around a header, nonce or tag, or the start marker. */
function near(dice: Dice, { ends, reference }: Sender): number {
  const end = dice.one(0, ...ends);
  return end + dice.one(0, -1, 1, dice.from(1, reference.prepend), -dice.from(1, 17), dice.from(-40, 40));
}

function transmit(dice: Dice, sender: Sender, start: number, end: number): string {
  const fate = dice.one("", "", "", "", "", "", "", "  lost", "  qdisc-drop", "  fin");
  sender.sent = Math.max(sender.sent, end);
  return `> ${start}:${end}(${end - start})${fate}`;
}

/** Bytes sent before, cut otherwise; also acknowledged ones (the race with clean_acked) and those before the offload. */
function retransmit(dice: Dice, sender: Sender): string {
  const { sent, acked } = sender;
  const low = dice.one(acked, acked, acked, Math.max(0, acked - 2000), 0);
  const start = Math.min(dice.one(low, dice.from(low, Math.max(low, sent)), near(dice, sender)), sent);
  if (start < 0 || dice.chance(0.1)) {
    const before = start < 0 ? start : -dice.from(1, 100);
    const end = dice.one(0, dice.from(before, 0), dice.from(before, 60), 1);
    return transmit(dice, sender, before, Math.max(before, Math.min(end, sender.reference.pushed)));
  }
  return transmit(dice, sender, start, cut(dice, sender, start));
}

/** Cumulative, partial, repeated, late; with SACK blocks, which free nothing. */
function acknowledge(dice: Dice, sender: Sender): string {
  const { sent, acked } = sender;
  const wish = dice.one(
    sent,
    dice.from(acked, Math.max(acked, sent)),
    near(dice, sender),
    acked,
    dice.from(0, acked),
  );
  const ack = Math.max(0, Math.min(wish, sent));
  sender.acked = Math.max(acked, ack);
  sender.reference.ack(ack);
  const block = dice.chance(0.2) && ack < sent ? ` sack ${dice.from(ack, sent)}:${sent}` : "";
  return `< ack ${ack}${block}`;
}
