import { takesRekey } from "../../core/kernel/lifecycle.ts";
import { queuesMax } from "../../core/machine/waiting-log.ts";
import { Flag, Kind, Settable, settables, type TransmitExtra } from "../../core/words/event.ts";
import { integer, LineFault, list, type Token } from "../lexer.ts";
import { profileForms } from "../profiles/finder.ts";
import { becomes } from "./becoming.ts";
import { connectionFormOf, deviceFormOf } from "./event-forms.ts";
import { derivedKeys } from "./keystream.ts";
import { epochMax, lengthOf, rangeOf, relativeMax, relativeMin } from "./operands.ts";
import { type DeclaredConnection, type EventReader, leftOut, type Reading, type Row } from "./reading.ts";
import { type Given, take } from "./take.ts";

/** Events times connections that a device's events may come to: each goes through all connections on the device. */
const deviceStepsMax = 2 ** 22;
const dmaErrorMax = 65535;
/** Merges and page writes of one connection: each counts for every packet behind it. */
const changesMax = 2 ** 14;
/** Pieces of memory that one write can lie in. */
const piecesMax = 2 ** 20;

/** What happens to the socket, its segments and its route, by the event's kind. */
export const socketReaders: Readonly<Record<number, EventReader>> = {
  [Kind.install]: readInstall,
  [Kind["splice-eof"]]: readSpliceEof,
  [Kind.destruct]: () => ({ kind: Kind.destruct }),
  [Kind.rekey]: readRekey,
  [Kind.reroute]: readReroute,
  [Kind.merge]: readRange,
  [Kind.split]: readSplit,
  [Kind["page-write"]]: readRange,
  [Kind.set]: readSet,
};

/** `install [unsent]` */
function readInstall({ flags }: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const declared = reading.trace.connections[connection.index]!;
  if (connection.progress.installed)
    throw new LineFault(verb, "the offload is installed once only; remove one of the lines");
  if (connection.progress.pushed > 0 || connection.progress.open >= 0)
    throw new LineFault(verb, "the connection has sent records already; move `install` above them");
  connection.progress.installed = true;
  declared.installed = false;
  return { kind: Kind.install, flags };
}

function readSpliceEof(_given: Given, _verb: Token, { progress }: DeclaredConnection): Row {
  progress.spliceEof();
  return { kind: Kind["splice-eof"] };
}

/** `rekey`: the keys of the next epoch come from the connection's name, as those of the first. */
function readRekey(_given: Given, verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const declared = reading.trace.connections[connection.index]!;
  if (declared.cipher === null)
    throw new LineFault(verb, "a connection without a cipher has no keys to change");
  if (connection.progress.closed)
    throw new LineFault(verb, "the connection is closed above; remove the line or the `close`");
  if (takesRekey(declared.version, reading.trace.devices[declared.device]!)) {
    if (connection.epochs.length > epochMax)
      throw new LineFault(verb, `a connection has at most ${epochMax} rekeys; remove the line`);
    connection.progress.closeRecord();
    connection.progress.epoch++;
    connection.progress.rekeyed = true;
    connection.epochs.push(derivedKeys(declared.name, declared.cipher, connection.epochs.length));
  }
  return { kind: Kind.rekey };
}

/** `reroute DEVICE` */
function readReroute(
  { operands: [name] }: Given,
  verb: Token,
  _connection: DeclaredConnection,
  reading: Reading,
): Row {
  const device = name === undefined ? undefined : reading.devices.get(name.text);
  if (device !== undefined) return { kind: Kind.reroute, extra: device };
  if (name !== undefined && reading.lost.explains(name.text, "device")) throw leftOut;
  throw new LineFault(
    name ?? verb,
    `behind reroute stands a device declared above; there is ${list([...reading.devices.keys()])}`,
  );
}

/** `merge` or `page-write` `START:END` of bytes that TCP has, or that lie before the offload. */
function readRange(
  { operands: [range] }: Given,
  verb: Token,
  connection: DeclaredConnection,
  reading: Reading,
): Row {
  if (range === undefined) throw new LineFault(verb, `a range is missing; write \`${verb.text} 0:1448\``);
  const [start, end] = rangeOf(range);
  if (end === start) throw new LineFault(range, "the range is empty; it takes at least one byte");
  const { most } = connection.progress;
  if (end > most && reading.isUnsure(connection)) throw leftOut;
  if (end > most) {
    const place = most > start ? { ...range, instead: `${start}:${most}` } : range;
    throw new LineFault(place, `TCP has bytes up to ${most} only; end the range there`);
  }
  if (connection.progress.changes++ >= changesMax)
    throw new LineFault(
      verb,
      `a connection has at most ${changesMax} merges and page writes; remove the line`,
    );
  const { kind } = connectionFormOf.get(verb.text)!;
  return { kind, at: start, length: end - start };
}

function readSplit({ operands: [at] }: Given, verb: Token): Row {
  if (at === undefined) throw new LineFault(verb, "a place is missing; write `split 1448`");
  return { kind: Kind.split, at: integer(at, relativeMin, relativeMax, "a place in the stream") };
}

/** `set PATH VALUE` */
function readSet({ operands: [path, value] }: Given, verb: Token): Row {
  if (path === undefined || value === undefined)
    throw new LineFault(
      path ?? verb,
      "behind set stand a path and a value; write `set driver.expectedSeq 0`",
    );
  const settable = settables.find((each) => each === path.text);
  if (settable === undefined)
    throw new LineFault(path, `nothing of this name can be set; there is ${list([...settables])}`);
  const isFlag = settable === "driver.paramsPosted" || settable === "driver.resyncPending";
  const [min, max] = isFlag
    ? [0, 1]
    : settable.endsWith("Sn")
      ? [0, relativeMax]
      : [relativeMin, relativeMax];
  return { kind: Kind.set, at: integer(value, min, max, "a value"), extra: Settable[settable] };
}

/** What stands behind a transmit: `dma-error[=K]`, `queue=N`. */
export function transmitExtra({ options }: Given, reading: Reading): TransmitExtra {
  const dma = options?.get("dma-error");
  const queue = options?.get("queue");
  const mapping = "the mapping that fails, from 1,";
  return {
    dmaErrorAt: dma ? reading.attempt(0, () => integer(dma, 1, dmaErrorMax, mapping)) : 0,
    queue: queue ? reading.attempt(-1, () => integer(queue, 0, queuesMax - 1, "a transmit queue")) : -1,
  };
}

/** What stands behind a send: `pieces=N` of zero-copy pages; 0 = its bytes are copied. */
export function piecesOf(reading: Reading, { options, flags }: Given, length: number, range: Token): number {
  const isZerocopy = (flags & Flag.zerocopy) !== 0;
  const word = options?.get("pieces");
  if (word === undefined) return isZerocopy ? 1 : 0;
  if (isZerocopy) {
    const max = Math.max(1, Math.min(length, piecesMax));
    return reading.attempt(1, () => lengthOf(word, word, 1, max, "pieces=N"));
  }
  reading.wrong(range, "only zero-copy bytes lie in pieces; add `zerocopy`");
  return 0;
}

/** `+SECONDS DEVICE EVENT`. */
export function readDeviceEvent(words: Token[], reading: Reading, device: number): Row {
  const verb = words[2]!;
  const form = deviceFormOf.get(verb.text);
  if (form === undefined)
    throw new LineFault(verb, `no event of a device; there is ${list([...deviceFormOf.keys()])}`);
  reading.deviceEvents++;
  if (reading.deviceEvents * reading.trace.connections.length > deviceStepsMax)
    throw new LineFault(
      verb,
      `events of devices go through all connections, more than ${deviceStepsMax} times in all; divide the trace`,
    );
  const given = take(form, words, 3, null);
  const extra = form.kind === Kind.become ? readBecome(given, verb, reading, device) : 0;
  reading.tell(given);
  return { kind: form.kind, extra };
}

/** What one device becomes in a trace: each costs rules of its own. */
const becomeMax = 1000;

/** `become PROFILE[@KERNEL]`: its place among what the device becomes. */
function readBecome({ operands: [word] }: Given, verb: Token, reading: Reading, device: number): number {
  if (word === undefined)
    throw new LineFault(verb, "a profile is missing; write `become connectx/long-dump`");
  const own = reading.trace.devices[device]!;
  const later = own.later ?? [];
  if (later.length === becomeMax)
    throw new LineFault(verb, `a device becomes another one at most ${becomeMax} times; remove the line`);
  const named = reading.profileNamed(word.text, (message) => reading.wrong(word, message));
  if (named === null) throw new LineFault(word, `no profile of this name; ${profileForms(word.text)}`);
  const one = becomes(own, reading.asked(named));
  reading.trace.devices[device] = { ...own, later: [...later, one] };
  for (const [path, file] of reading.named) reading.declared.set(path, file);
  return later.length;
}
