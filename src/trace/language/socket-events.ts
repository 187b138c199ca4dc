import { takesRekey } from "../../core/kernel/lifecycle.ts";
import { queuesMax } from "../../core/machine/waiting-log.ts";
import { deviceEventKinds, Flag, Kind } from "../../core/words/event.ts";
import { integer, LineFault, list, options, span, type Token } from "../lexer.ts";
import { derivedKeys } from "./keystream.ts";
import { lengthOf, nothingMore, rangeOf, relativeMax, relativeMin, takeFlags } from "./operands.ts";
import type { DeclaredConnection, Form, Reading, Row } from "./reading.ts";
import { installFlags } from "./vocabulary.ts";

/** Events times connections that a device's events may come to: each goes through all connections on the device. */
const deviceStepsMax = 2 ** 22;
const dmaErrorMax = 65535;

/** What happens to the socket, its segments and its route, by the word behind the connection. */
export const socketForms: Readonly<Record<string, Form>> = {
  install: readInstall,
  "splice-eof": readSpliceEof,
  destruct: (words) => bare(words, Kind.destruct),
  rekey: readRekey,
  reroute: readReroute,
  merge: (words, verb, connection) => ({ kind: Kind.merge, ...rangeIn(words, verb, connection, "merge") }),
  split: readSplit,
  "page-write": (words, verb, connection) => ({
    kind: Kind["page-write"],
    ...rangeIn(words, verb, connection, "page-write"),
  }),
};

function bare(words: Token[], kind: number): Row {
  nothingMore(words);
  return { kind };
}

/** `install [unsent]` */
function readInstall(words: Token[], verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  const { flags, others } = takeFlags(words, installFlags);
  nothingMore(others);
  const declared = reading.trace.connections[connection.index]!;
  if (!declared.installed)
    throw new LineFault(verb, "the offload is installed once only; remove one of the lines");
  if (connection.progress.pushed > 0 || connection.progress.open >= 0)
    throw new LineFault(verb, "the connection has sent records already; move `install` above them");
  declared.installed = false;
  return { kind: Kind.install, flags };
}

function readSpliceEof(words: Token[], _verb: Token, { progress }: DeclaredConnection): Row {
  nothingMore(words);
  progress.spliceEof();
  return { kind: Kind["splice-eof"] };
}

/** `rekey`: the keys of the next epoch come from the connection's name, as those of the first. */
function readRekey(words: Token[], verb: Token, connection: DeclaredConnection, reading: Reading): Row {
  nothingMore(words);
  const declared = reading.trace.connections[connection.index]!;
  if (declared.cipher === null)
    throw new LineFault(verb, "a connection without a cipher has no keys to change");
  if (takesRekey(declared.version, reading.trace.devices[declared.device]!)) {
    connection.progress.closeRecord();
    connection.progress.epoch++;
    declared.epochs = [
      ...declared.epochs,
      derivedKeys(declared.name, declared.cipher, declared.epochs.length),
    ];
  }
  return { kind: Kind.rekey };
}

/** `reroute DEVICE` */
function readReroute(words: Token[], verb: Token, _connection: DeclaredConnection, reading: Reading): Row {
  const [name, ...rest] = words;
  nothingMore(rest);
  const device = name === undefined ? undefined : reading.devices.get(name.text);
  if (device === undefined)
    throw new LineFault(
      name ?? verb,
      `behind reroute stands a device declared above; there is ${list([...reading.devices.keys()])}`,
    );
  return { kind: Kind.reroute, extra: device };
}

/** `START:END` of bytes that TCP has, or that lie before the offload. */
function rangeIn(
  words: Token[],
  verb: Token,
  { progress }: DeclaredConnection,
  form: string,
): { at: number; length: number } {
  const [range, ...rest] = words;
  nothingMore(rest);
  if (range === undefined) throw new LineFault(verb, `a range is missing; write \`${form} 0:1448\``);
  const [start, end] = rangeOf(range);
  if (end === start) throw new LineFault(range, "the range is empty; it takes at least one byte");
  if (end > progress.pushed)
    throw new LineFault(range, `TCP has bytes up to ${progress.pushed} only; end the range there`);
  return { at: start, length: end - start };
}

function readSplit(words: Token[], verb: Token): Row {
  const [at, ...rest] = words;
  nothingMore(rest);
  if (at === undefined) throw new LineFault(verb, "a place is missing; write `split 1448`");
  return { kind: Kind.split, at: integer(at, relativeMin, relativeMax, "a place in the stream") };
}

/** What stands behind a transmit: `dma-error[=K]`, `queue=N`. */
export function transmitExtra(words: Token[]): { dmaErrorAt: number; queue: number } {
  const given = options(words, ["dma-error", "queue"]);
  const dma = given.get("dma-error");
  const queue = given.get("queue");
  return {
    dmaErrorAt: dma ? integer(dma, 1, dmaErrorMax, "the mapping that fails, from 1,") : 0,
    queue: queue ? integer(queue, 0, queuesMax - 1, "a transmit queue") : -1,
  };
}

/** What stands behind a send: `pieces=N` of zero-copy pages. */
export function piecesOf(word: Token | undefined, length: number, range: Token, isZerocopy: boolean): number {
  if (word === undefined) return isZerocopy ? 1 : 0;
  if (!isZerocopy) throw new LineFault(range, "only zero-copy bytes lie in pieces; add `zerocopy`");
  return lengthOf(word, word, 1, Math.max(1, Math.min(length, 2 ** 20)), "pieces=N");
}

/** `+SECONDS DEVICE EVENT`. */
export function readDeviceEvent(words: Token[], verb: Token, reading: Reading): number {
  nothingMore(words);
  const kind = deviceEventKinds.find((name) => name === verb.text);
  if (kind === undefined)
    throw new LineFault(verb, `no event of a device; there is ${list(deviceEventKinds)}`);
  reading.deviceEvents++;
  if (reading.deviceEvents * reading.trace.connections.length > deviceStepsMax)
    throw new LineFault(
      span(verb, verb),
      `events of devices go through all connections, more than ${deviceStepsMax} times in all; divide the trace`,
    );
  return Kind[kind];
}

/** Flags that no packet has at once. */
export const exclusiveFates = [
  [Flag.lost, Flag.qdiscDrop, "what the qdisc dropped cannot be lost on the wire too; leave one out"],
  [Flag.orphan, Flag.orphanPartial, "a segment is orphaned wholly or in part; leave one out"],
] as const;
