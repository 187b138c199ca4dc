import type { Dice } from "./dice.ts";
import type { Sender } from "./generate-sender.ts";

/**
 * Kinds of unusual events, of which a story has some: what happens to segments between TCP and the device, what
 * happens to devices and queues, failing resources, new keys, zero-copy pages, what captures show.
 */
export const happeningGroups = [
  "skb",
  "device",
  "queue",
  "errors",
  "keys",
  "pages",
  "capture",
  "races",
] as const;
export type Happenings = ReadonlySet<(typeof happeningGroups)[number]>;

const unusual = 0.25;

/** Before anything else: an offload that starts later, behind bytes of the handshake. */
export function openingFor(dice: Dice, sender: Sender): string[] {
  if (!dice.chance(0.15)) return [];
  const early = dice.chance(0.5) ? [`+0 ${sender.name} > -50:0(50)`] : [];
  return [...early, `+0 ${sender.name} install${dice.chance(0.5) ? " unsent" : ""}`];
}

/** The next event or two of a connection, or of a device. */
export function eventsFor(
  dice: Dice,
  sender: Sender,
  devices: readonly string[],
  groups: Happenings,
): string[] {
  if (groups.size > 0 && dice.chance(unusual)) {
    const group = dice.one(...groups);
    const lines = unusualEvents[group]?.(dice, sender, devices) ?? [];
    if (lines.length > 0) return lines.map((line) => `${time(dice)} ${line}`);
  }
  return [`${time(dice)} ${sender.name} ${usual(dice, sender, groups)}`];
}

const time = (dice: Dice): string => dice.one("+0", "+.001", "+.05");

function usual(dice: Dice, sender: Sender, groups: Happenings): string {
  const choice = dice.from(1, 100);
  const mayWrite = !sender.closed && !sender.destroyed;
  if (choice <= 2 && mayWrite) return close(sender);
  const allSent = sender.sent === sender.pushed;
  const writes = choice <= 28 || (allSent && choice <= 60);
  if (writes && mayWrite) return send(dice, sender, groups.has("pages") && dice.chance(0.5));
  if (choice <= 65) return transmit(dice, sender, sender.sent, cut(dice, sender, sender.sent), groups);
  if (choice <= 85) return retransmit(dice, sender, groups);
  return acknowledge(dice, sender);
}

type Unusual = (dice: Dice, sender: Sender, devices: readonly string[]) => string[];

const unusualEvents: Partial<Record<(typeof happeningGroups)[number], Unusual>> = {
  skb: (dice, sender) => {
    const [from, end] = range(dice, sender);
    if (dice.chance(0.3)) return [`${sender.name} split ${near(dice, sender)}`];
    return end > from ? [`${sender.name} merge ${from}:${end}`] : [];
  },
  device: (dice, sender, devices) => {
    const device = dice.one(...devices);
    const kind = dice.weighted({ reroute: 4, down: 2, up: 2, refuse: 2, accept: 2, destruct: 0.5 });
    if (kind === "reroute") return [`${sender.name} reroute ${device}`];
    if (kind !== "destruct") return [`${device} ${kind}`];
    if (!sender.closed) return [];
    sender.destroyed = true;
    return [`${sender.name} destruct`];
  },
  queue: (dice, _sender, devices) => [
    `${dice.one(...devices)} ${dice.weighted({ hold: 3, resume: 4, reset: 1 })}`,
  ],
  keys: (dice, sender) => {
    if (sender.closed || sender.destroyed || (sender.version === 0x0303 && dice.chance(0.8))) return [];
    if (sender.takesRekey) sender.closeOpen();
    sender.rekeyed = true;
    // Often everything was acknowledged before, so that the rekey is done at once.
    if (!dice.chance(0.5) || sender.pushed === 0) return [`${sender.name} rekey`];
    return [`${sender.name} ${acknowledgeAll(sender)}`, `${sender.name} rekey`];
  },
  pages: (dice, sender) => {
    if (dice.chance(0.3) && !sender.closed) {
      sender.closeOpen();
      return [`${sender.name} splice-eof`];
    }
    const [from, end] = range(dice, sender);
    return end > from ? [`${sender.name} page-write ${from}:${end}`] : [];
  },
  capture: (dice, sender) => {
    if (sender.isOpen || sender.closed || sender.destroyed || sender.rekeyed) return [];
    const length = sender.overhead + dice.from(0, 2000);
    sender.push(length);
    return [`${sender.name} ${dice.chance(0.1) ? "gap" : "record"} ${length}`];
  },
  // What is acknowledged is on its way down once more.
  races: (dice, sender) => {
    // Often all of it, and it comes as it was: then what the driver looks up is freed under it.
    const { acked, sent } = sender;
    const frees = sent > acked && dice.chance(0.7);
    const again = frees ? `> ${acked}:${sent}(${sent - acked})` : retransmit(dice, sender, new Set());
    if (frees) sender.acked = sent;
    const ack = frees ? `< ack ${sent}` : acknowledge(dice, sender);
    return [`${sender.name} ${ack} racing`, `${sender.name} ${again}`];
  },
};

/** Bytes that TCP has, often across the start of the offload or a record's end. */
function range(dice: Dice, sender: Sender): [number, number] {
  const from = dice.one(-dice.from(1, 60), dice.from(0, sender.pushed), near(dice, sender));
  return [from, Math.min(sender.pushed, from + dice.one(20, 100, 1448, 20_000))];
}

function send(dice: Dice, sender: Sender, zerocopy: boolean): string {
  const size = dice.one(
    ...[0, dice.from(1, 20), dice.from(1, 60), dice.from(20, 400), dice.from(1, 1500), dice.from(1, 1500)],
    ...[dice.from(100, 5000), dice.chance(0.3) ? dice.from(16_380, 16_390) : 100],
    dice.chance(0.2) ? dice.from(16_384, 40_000) : 50,
  );
  const typed = dice.chance(0.1);
  const toPageEnd = dice.chance(0.3) ? sender.sizeToPageEnd(dice.from(0, 15)) : 0;
  if (toPageEnd > 0 && !typed && !zerocopy) return sendCopied(sender, toPageEnd);
  const more = !typed && dice.chance(0.3);
  const type = typed ? dice.one(21, 22, 23) : 23;
  const pieces = zerocopy ? Math.max(1, Math.min(size, dice.one(1, 2, 15, 16, 20))) : 0;
  sender.send(size, { more, pieceSize: zerocopy ? Math.ceil(size / pieces) : 0 }, typed);
  const ending = more ? " more" : dice.chance(0.1) ? " eor" : "";
  return `send ${size}${ending}${zerocopy ? ` zerocopy pieces=${pieces}` : ""}${typed ? ` type=${type}` : ""}`;
}

function sendCopied(sender: Sender, size: number): string {
  sender.send(size, { more: false, pieceSize: 0 }, false);
  return `send ${size}`;
}

function close(sender: Sender): string {
  sender.closed = true;
  sender.closeOpen();
  return "close";
}

/** Where a segment that starts at `from` may end: by the mss, or near a place of interest, at most at what is pushed. */
function cut(dice: Dice, sender: Sender, from: number): number {
  const { pushed } = sender;
  const ends = [pushed, from + dice.from(1, 30), from + dice.one(100, 536, 1448, 4344), near(dice, sender)];
  const end = dice.one(...ends);
  return end > from && end <= pushed ? end : Math.max(from, Math.min(pushed, from + 1448));
}

/** A place in or around a header, nonce or tag, or the start marker. */
function near(dice: Dice, { ends, prepend }: Sender): number {
  const end = dice.one(0, ...ends);
  return end + dice.one(0, -1, 1, dice.from(1, prepend), -dice.from(1, 17), dice.from(-40, 40));
}

function transmit(dice: Dice, sender: Sender, start: number, end: number, groups: Happenings): string {
  const fate = dice.one("", "", "", "", "", "", "", " lost", " qdisc-drop", " fin");
  sender.sent = Math.max(sender.sent, end);
  return `> ${start}:${end}(${end - start})${fate}${unusualFlags(dice, groups)}`;
}

/** What else can be said of a segment, by group. */
function unusualFlags(dice: Dice, groups: Happenings): string {
  let flags = "";
  const add = (group: (typeof happeningGroups)[number], probability: number, flag: string) => {
    if (groups.has(group) && dice.chance(probability)) flags += ` ${flag}`;
  };
  add("skb", 0.1, dice.one("orphan", "orphan-partial"));
  add("skb", 0.05, "marked");
  add("errors", 0.15, `dma-error=${dice.one(1, 1, 1, 2, 3)}`);
  add("errors", 0.15, "no-memory");
  add("errors", 0.1, "ring-full");
  add("queue", 0.2, "xmit-more");
  add("queue", 0.1, `queue=${dice.from(0, 2)}`);
  add("capture", 0.2, dice.one("captured", "captured", "straddle"));
  return flags;
}

/** Bytes sent before, cut otherwise; also acknowledged ones (the race with clean_acked) and those before the offload. */
function retransmit(dice: Dice, sender: Sender, groups: Happenings): string {
  const { sent, acked } = sender;
  const low = dice.one(acked, acked, acked, Math.max(0, acked - 2000), 0);
  const start = Math.min(dice.one(low, dice.from(low, Math.max(low, sent)), near(dice, sender)), sent);
  if (start < 0 || dice.chance(0.1)) {
    const before = start < 0 ? start : -dice.from(1, 100);
    const end = dice.one(0, dice.from(before, 0), dice.from(before, 60), 1);
    return transmit(dice, sender, before, Math.max(before, Math.min(end, sender.pushed)), groups);
  }
  return transmit(dice, sender, start, cut(dice, sender, start), groups);
}

/** Cumulative, partial, repeated, late; with SACK blocks, which free nothing. */
function acknowledge(dice: Dice, sender: Sender): string {
  const { sent, acked } = sender;
  const wish = dice.one(
    ...[sent, sent, dice.from(acked, Math.max(acked, sent)), near(dice, sender), acked, dice.from(0, acked)],
  );
  const ack = Math.max(0, Math.min(wish, sent));
  sender.acked = Math.max(acked, ack);
  const block = dice.chance(0.2) && ack < sent ? ` sack ${dice.from(ack, sent)}:${sent}` : "";
  return `< ack ${ack}${block}`;
}

/** Everything that TCP has, whether it was seen to be sent or not. */
function acknowledgeAll(sender: Sender): string {
  sender.acked = sender.pushed;
  sender.sent = Math.max(sender.sent, sender.pushed);
  return `< ack ${sender.pushed}`;
}
