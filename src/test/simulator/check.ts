import { type Seq, seq } from "../../core/base/seq.ts";
import { createMachine, toBeginning } from "../../core/create-machine.ts";
import type { Machine } from "../../core/machine/machine.ts";
import type { Sink, Socket } from "../../core/machine/socket.ts";
import { stateFields } from "../../core/machine/state.ts";
import { nicExpectedSeq } from "../../core/nic/nic.ts";
import { step } from "../../core/step.ts";
import { type descriptorKinds, Engine, engineNames } from "../../core/words/descriptor.ts";
import { Effect, effects } from "../../core/words/effect.ts";
import { DropCode, dropReasons } from "../../core/words/effect-words.ts";
import { Flag, Kind } from "../../core/words/event.ts";
import { Stage } from "../../core/words/stage.ts";
import { signsNamed } from "../../trace/signs.ts";
import type { Trace } from "../../trace/trace.ts";
import { type Counts, noCounts } from "../reference/counts.ts";
import { playDevice } from "../reference/device.ts";
import { playOwn } from "../reference/events.ts";
import type { Maker } from "../reference/nic.ts";
import { Reference } from "../reference/reference.ts";
import { CheckedNics, type TakenPacket } from "./check-bytes.ts";
import { invariantBreaks } from "./invariants.ts";

/** A rule that does not hold after an event. */
export interface Failure {
  event: number;
  rule: string;
  message: string;
}

/** What a checked run went through, for saying what the runs covered. */
export interface Coverage {
  events: number;
  packets: number;
  bytes: number;
  /** How often each effect came, by name; those with a word by the word too. */
  effects: Record<string, number>;
}

export const noCoverage = (): Coverage => ({ events: 0, packets: 0, bytes: 0, effects: {} });

const wrongEffects = signsNamed("plaintext", "placeholder", "wrong-tag", "wrong-ciphertext", "page-changed");
/** Effects that follow from the bytes, which are compared themselves. */
const ofBytes = signsNamed(
  ...(["plaintext", "placeholder", "wrong-tag", "wrong-ciphertext", "page-changed", "nonce-reused"] as const),
);
const makers: readonly Maker[] = ["none", "stream", "piece", "software", "emulated"];

/**
 * Rules that hold whatever is broken, because what the model says of a broken device must be true as well. Broken
 * devices and kernels are checked by these alone, and so, in part, is what the facts leave open: bytes behind pages that
 * changed are the model's to choose (also those of a packet that software encrypted and that waits meanwhile); of a
 * stream with a gap only places are known; reused nonces are bounded by the wrong bytes.
 */
export const laws: readonly string[] = [
  "model-bytes",
  "effects",
  "fate",
  "counted",
  "replay",
  "seek",
  "trace",
  "crash",
];

/** Plays a trace and gives what does not hold, at most `limit` failures. Effects and bytes are added to `coverage`. */
export function failuresOf(trace: Trace, limit = 1, coverage = noCoverage()): Failure[] {
  const checker = new Checker(trace, coverage);
  for (let event = 0; event < trace.events.count && checker.failures.length < limit; event++)
    checker.play(event);
  if (checker.failures.length < limit) checker.replay();
  return checker.failures.slice(0, limit);
}

interface Said {
  connection: number;
  effect: number;
  a: number;
  b: number;
}

class Checker implements Sink {
  readonly failures: Failure[] = [];
  socket: Socket | null = null;
  private readonly machine: Machine;
  private readonly references: Reference[];
  private readonly nics: CheckedNics;
  private readonly tallies: Record<string, number>[];
  private readonly coverage: Coverage;
  private current = 0;
  private said: Said[] = [];
  /** How many of them were said by the last stage's end. */
  private staged = 0;
  /** The packet that the NIC has just taken, and how many have left in this event. */
  private taken: TakenPacket | null = null;
  private left = 0;
  /** Wrong bytes of this event's packets by the bytes themselves. */
  private wrongBytes = 0;

  constructor(trace: Trace, coverage: Coverage) {
    this.machine = createMachine(trace);
    this.coverage = coverage;
    const { devices, connections } = trace;
    this.references = connections.map((connection, c) => new Reference(devices, connection, c));
    this.nics = new CheckedNics(this.machine, this.references);
    this.tallies = connections.map(() => ({}));
  }

  play(event: number): void {
    const { machine, references } = this;
    const own = machine.events.connection.at(event);
    const connections = own < 0 ? machine.members[-1 - own]! : [own];
    this.current = event;
    this.said = [];
    this.staged = 0;
    this.wrongBytes = 0;
    this.left = 0;
    this.taken = null;
    const heads = connections.map((c) => machine.sockets[c]!.state.head);
    for (const c of connections) this.playReference(event, c);
    step(machine, event, this);
    this.followCaptured(event);
    for (const [i, c] of connections.entries()) {
      this.checkSaid(c);
      this.checkState(c);
      this.checkTallies(c);
      for (const [rule, message] of invariantBreaks(machine, c, references[c]!, heads[i]!))
        this.fail(rule, message);
    }
    if (own >= 0) this.checkQueue(own);
    this.checkEffects();
    this.checkFate(event);
    this.coverage.events++;
  }

  private playReference(event: number, c: number): void {
    const { machine } = this;
    const reference = this.references[c]!;
    const row = machine.events.at(event);
    reference.said = [];
    reference.queue = [];
    reference.departed = [];
    if (row.connection < 0) return playDevice(reference, row.kind, -1 - row.connection);
    playOwn(
      reference,
      row,
      row.seq - machine.sockets[c]!.connection.startSeq,
      machine.sockets[c]!.state.changes,
    );
  }

  /** A captured packet that the model drops did leave: the independent NIC, too, stands behind it. */
  private followCaptured(event: number): void {
    const { events, sockets } = this.machine;
    const [kind, flags] = [events.kind.at(event), events.flags.at(event)];
    if (kind !== Kind.transmit || (flags & Flag.captured) === 0) return;
    const byQueue = [DropCode["queue-error"], DropCode["no-context"]];
    const isDropped = this.said.some(({ effect, a }) => effect === Effect.dropped && !byQueue.includes(a));
    const c = events.connection.at(event);
    const { packet } = sockets[c]!;
    const end = this.place(c, packet.seq) + packet.length;
    if (isDropped && end > 0) this.nics.placeAt(c, end);
  }

  /** A second pass over the same logs must end in the same states: nothing in them is written twice differently. */
  replay(): void {
    const { machine } = this;
    const finals = machine.sockets.map(({ state }) => state.copy());
    for (const socket of machine.sockets) toBeginning(socket);
    const silent: Sink = { socket: null, effect: () => {}, stage: () => {} };
    for (let event = 0; event < machine.events.count; event++) step(machine, event, silent);
    for (const [c, { state }] of machine.sockets.entries()) {
      const other = stateFields.find((field) => state[field] !== finals[c]![field]);
      this.expect("replay", other === undefined, `${other} differs in a second pass`);
    }
  }

  effect(effect: number, a: number, b: number): void {
    const c = this.socket!.index;
    this.said.push({ connection: c, effect, a, b });
    const { name, args } = effects[effect]!;
    const form = args[0]?.[1];
    const word = typeof form === "object" ? form[a]! : null;
    const count = (key: string) => {
      this.coverage.effects[key] = (this.coverage.effects[key] ?? 0) + 1;
    };
    count(name);
    if (word !== null) count(`${name} ${word}`);
    const tally = this.tallies[c]!;
    const key = word === null ? name : `${name} ${word}`;
    tally[key] = (tally[key] ?? 0) + 1;
    tally[`${name} sum`] = (tally[`${name} sum`] ?? 0) + b;
    if (effect === Effect["resync-sent"]) this.nics.restart(c, b);
    if (effect === Effect["offload-installed"] || effect === Effect["rekey-done"]) this.contextAdded(c);
  }

  private contextAdded(c: number): void {
    if (this.machine.sockets[c]!.state.software === 0) this.nics.added(c);
  }

  stage(stage: number, detail = -1): void {
    if (stage === Stage.nic) {
      const dropped = this.said.slice(this.staged).some(({ effect }) => effect === Effect["nic-dropped"]);
      this.taken = dropped ? null : this.nics.take(this.socket!.index, detail);
    }
    this.staged = this.said.length;
    if (stage !== Stage.wire) return;
    this.left++;
    if (this.taken) this.compare(this.taken);
    this.taken = null;
  }

  /** The packet's bytes: those of the independent NIC, those that the model computes, and the right ones. */
  private compare({ connection, at, length, engine, ahead, left, computed, right }: TakenPacket): void {
    const { profile, departed, hasGap, leavesOrphans } = this.references[connection]!;
    const { faults } = profile;
    const known = departed.shift() ?? true;
    this.coverage.packets++;
    this.coverage.bytes += length;
    if (hasGap) return;
    if (ahead > 0 && engine !== Engine.none) this.wrongBytes += ahead;
    if (ahead === length) return;
    // Which keystream byte a broken engine begins with is the model's own choice, and so is what a deleted context does.
    const modelsOwn =
      faults.includes("unaligned-counter") || leavesOrphans || this.nics.framesOtherwise(connection);
    const bytes = modelsOwn && computed ? Buffer.from(computed) : left;
    if (bytes === null || right === null || computed === null) {
      this.expect("map", faults.length > 0, `${at}+${length} is not in the stream`);
      return;
    }
    let wrong = 0;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== right[i]) wrong++;
    this.wrongBytes += wrong;
    if (wrong > 0 && !this.explains(connection, at, length, engine, known)) {
      const first = bytes.findIndex((byte, i) => byte !== right[i]);
      this.fail(
        "wire",
        `${wrong} of ${length} bytes by ${engineNames[engine]} are wrong, the first is ${first}`,
      );
    }
    const same = Buffer.compare(computed, bytes) === 0;
    this.expect("model-bytes", same, "the model's packet is not the independent NIC's");
  }

  /** True if the facts explain wrong bytes: pages written, a NIC out of step after a latent fault, a kernel before the marks. */
  private explains(c: number, at: number, length: number, engine: number, known: boolean): boolean {
    const { pagesWritten, kernel, map } = this.references[c]!;
    // A segment across a rekey's boundary, which the fence there keeps TCP from making: ciphertext is encrypted again.
    const crosses = map.all.some(
      ({ kind, start, end }) => kind === "software" && start < at + length && end > at,
    );
    if (engine === Engine.stream) return pagesWritten || crosses || !known;
    if (engine !== Engine.none) return pagesWritten || crosses;
    // kernel.md section 2.7: a segment has its first byte's mark, whatever else TCP put into it.
    return !kernel.marksSegments || !this.references[c]!.isMarked(at);
  }

  /** Every effect, in order, is the reference's. */
  private checkSaid(c: number): void {
    const said = this.said.filter(({ connection, effect }) => connection === c && !ofBytes.includes(effect));
    const model = said.map((one) => this.textOf(one)).join("; ");
    const expected = this.references[c]!.said.join("; ");
    this.expect("outcome", model === expected, `${model || "nothing"} instead of ${expected || "nothing"}`);
  }

  private textOf({ connection, effect, a, b }: Said): string {
    const { name, args } = effects[effect]!;
    const values = args.map(([, form], i): string | number => {
      const value = [a, b][i]!;
      if (typeof form !== "string") return form[value]!;
      if (form === "seq") return this.place(connection, seq(value));
      return form === "row" ? this.placeOfRow(connection, value) : value;
    });
    return [name, ...values].join(" ");
  }

  private place(c: number, s: Seq): number {
    return s - this.machine.sockets[c]!.connection.startSeq;
  }

  /** Where a record starts, also one not pushed yet. */
  private placeOfRow(c: number, row: number): number {
    const log = this.machine.sockets[c]!.records;
    return this.place(c, row < log.count ? log.start(row) : log.end(log.count - 1));
  }

  /** The work posted in the event, or that the NIC took in it. */
  private checkQueue(c: number): void {
    const { queue } = this.machine;
    const model = Array.from({ length: queue.count }, (_, i) => {
      const { kind, row, seq: from, length, engine } = queue.at(i);
      if (kind === "static-params") return `${kind} ${this.placeOfRow(c, row)}`;
      if (kind === "packet") return `${kind} ${this.place(c, from)} ${length} ${makers[engine]}`;
      return hasBytes(kind) ? `${kind} ${this.place(c, from)} ${length}` : kind;
    });
    const expected = this.references[c]!.queue.map(({ kind, at, length, made }) => {
      if (kind === "static-params") return `${kind} ${at}`;
      if (kind === "packet") return `${kind} ${at} ${length} ${made}`;
      return hasBytes(kind) ? `${kind} ${at} ${length}` : kind;
    });
    this.expect("queue", model.join("; ") === expected.join("; "), `${model} instead of ${expected}`);
  }

  /** Driver, NIC and counters as the reference has them; driver and NIC agree unless something came between. */
  private checkState(c: number): void {
    const state = this.machine.sockets[c]!.state;
    const reference = this.references[c]!;
    const { expected, counters, nic, profile } = reference;
    if (!reference.installed || counters.contexts === 0) return;
    const driver = this.place(c, seq(state.expectedSeq));
    this.expect("driver", driver === expected, `the driver expects ${driver}, not ${expected}`);
    const stands = nicExpectedSeq(this.machine.sockets[c]!);
    const place = stands === null ? null : this.place(c, stands);
    const should = nic.ready ? nic.at : null;
    this.expect("nic", place === should, `the NIC stands at ${place}, not at ${should}`);
    const inStep = state.nicReady === 1 && state.nicInStep === 1;
    this.expect("nic", inStep === (nic.ready && nic.inStep), `the NIC is ${inStep ? "" : "not "}in step`);
    const settled = nic.ready && !reference.mayDisagree && reference.waiting.length === 0;
    if (settled && profile.recovery !== "pieces")
      this.expect("agreement", place === driver && inStep, `the driver expects ${driver}, the NIC ${place}`);
    const counted = noCounts();
    for (const name of Object.keys(counted) as (keyof Counts)[]) counted[name] = state[name];
    const [one, other] = [JSON.stringify(counted), JSON.stringify(counters)];
    this.expect("counters", one === other, `${one} instead of ${other}`);
    const dumped = [state.dumpPackets, state.dumpBytes].join();
    this.expect("counters", dumped === [nic.dumpPackets, nic.dumpBytes].join(), `DUMPs: ${dumped}`);
  }

  /** Counters are counted effects. */
  private checkTallies(c: number): void {
    const state = this.machine.sockets[c]!.state;
    const of = (key: string) => this.tallies[c]![key] ?? 0;
    const headers = (of("encrypted") + of("emulated")) * this.machine.sockets[c]!.countedHeader;
    // Most drivers count before they map or mark, so also what they then drop.
    const mapped =
      of("dma-error") + of("dropped no-metadata") === 0
        ? state.encryptedBytes
        : of("encrypted sum") + of("emulated sum") + headers;
    const counted = [
      [mapped, of("encrypted sum") + of("emulated sum") + headers],
      [state.dropNoSyncData, of("dropped no-sync-data")],
      [state.dropBypassRequired, of("dropped bypass-required")],
      [state.dropNoMemory, of("dropped no-memory")],
      [state.fallbackBytes, of("software-fallback sum")],
      [state.piecesTrimmed, of("trimmed")],
      [state.piecesComplete, of("piece complete")],
    ];
    const differs = counted.some(([counter, effect]) => counter !== effect);
    this.expect("counted", !differs, `counters against counted effects: ${JSON.stringify(counted)}`);
    const deleted = state.contextsDeleted;
    this.expect("counted", deleted <= state.contexts, `${deleted} contexts deleted of ${state.contexts}`);
  }

  /** Effects that call bytes wrong speak of all wrong bytes and of no others. */
  private checkEffects(): void {
    const sum = (wanted: typeof wrongEffects) =>
      this.said
        .filter(({ connection, effect }) => wanted.includes(effect) && !this.references[connection]!.hasGap)
        .reduce((total, { b }) => total + b, 0);
    const told = sum(wrongEffects);
    const message = `effects tell of ${told} wrong bytes, there are ${this.wrongBytes}`;
    this.expect("effects", told === this.wrongBytes, message);
    const again = sum(signsNamed("nonce-reused")) <= told;
    this.expect("effects", again, "more bytes under a reused nonce than wrong ones");
  }

  /** A segment leaves, waits, or is dropped with a reason. */
  private checkFate(event: number): void {
    const { kind, length, flags } = this.machine.events.at(event);
    if (kind !== Kind.transmit || length === 0 || (flags & Flag.qdiscDrop) !== 0) return;
    const stopped = signsNamed("dropped", "nic-dropped", "waiting");
    const ends = this.left > 0 || this.said.some(({ effect }) => stopped.includes(effect));
    this.expect("fate", ends, "the segment neither left nor was dropped");
    const reasons = this.said.filter(({ effect }) => effect === Effect.dropped);
    this.expect(
      "fate",
      reasons.every(({ a }) => dropReasons[a] !== undefined),
      "a reason that there is",
    );
  }

  private expect(rule: string, holds: boolean, message: string): void {
    if (!holds) this.fail(rule, message);
  }

  private fail(rule: string, message: string): void {
    this.failures.push({ event: this.current, rule, message });
  }
}

const hasBytes = (kind: (typeof descriptorKinds)[number]): boolean =>
  kind === "dump" || kind === "sync-packet" || kind === "presync" || kind === "prior";
