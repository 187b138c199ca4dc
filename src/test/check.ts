import { Descriptor, Engine } from "../core/descriptor.ts";
import { Effect, effects } from "../core/effect.ts";
import { contains, effectSet } from "../core/effect-set.ts";
import { DropCode, dropReasons } from "../core/effect-words.ts";
import { Flag, Kind } from "../core/event.ts";
import { createMachine, initialState, type Machine, type Sink } from "../core/machine.ts";
import { nicExpectedSeq, nicRecordSn } from "../core/nic.ts";
import { distance, type Seq, seq } from "../core/seq.ts";
import { Stage } from "../core/stage.ts";
import { stateFields } from "../core/state.ts";
import { step } from "../core/step.ts";
import { wireBytes } from "../core/wire.ts";
import type { Trace } from "../trace/trace.ts";
import { ByteNic } from "./byte-nic.ts";
import { invariantBreaks } from "./invariants.ts";
import { type Outcome, Reference } from "./reference.ts";

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
  /** How often each effect came, by name; `dropped` by its reason too. */
  effects: Record<string, number>;
}

export const noCoverage = (): Coverage => ({ events: 0, packets: 0, bytes: 0, effects: {} });

const wrongEffects = effectSet("plaintext", "placeholder", "wrong-tag", "wrong-ciphertext");

/** Plays a trace and gives what does not hold, at most `limit` failures. Effects and bytes are added to `coverage`. */
export function failuresOf(trace: Trace, limit = 1, coverage = noCoverage()): Failure[] {
  const checker = new Checker(trace, coverage);
  for (let event = 0; event < trace.events.count && checker.failures.length < limit; event++)
    checker.play(event);
  if (checker.failures.length < limit) checker.replay();
  return checker.failures.slice(0, limit);
}

interface Said {
  effect: number;
  a: number;
  b: number;
}

class Checker implements Sink {
  readonly failures: Failure[] = [];
  private readonly machine: Machine;
  private readonly references: Reference[];
  private readonly nics: ByteNic[];
  private readonly staticSns: bigint[];
  private readonly coverage: Coverage;
  private current = 0;
  private said: Said[] = [];
  /** Wrong bytes of this event's packet by the bytes themselves. */
  private wrongBytes = 0;

  constructor(trace: Trace, coverage: Coverage) {
    this.machine = createMachine(trace);
    this.coverage = coverage;
    const { devices, connections } = this.machine;
    const profiles = connections.map(({ device }) => devices[device]!.profile);
    this.references = connections.map((connection, c) => new Reference(connection, profiles[c]!));
    this.nics = connections.map((connection, c) => {
      const writesTags = profiles[c]!.faults.placeholderLeft !== true;
      return new ByteNic(connection, this.references[c]!.prepend, writesTags);
    });
    this.staticSns = connections.map(({ recSeq0 }) => recSeq0);
    for (const [c, nic] of this.nics.entries()) nic.restart(this.staticSns[c]!);
  }

  play(event: number): void {
    const { events, states } = this.machine;
    const c = events.connection.at(event);
    this.current = event;
    this.said = [];
    this.wrongBytes = 0;
    const head = states[c]!.head;
    const expectedOutcome = this.expectedOf(event, this.references[c]!);
    step(this.machine, event, this);
    if (expectedOutcome) this.checkOutcome(c, expectedOutcome);
    this.checkState(c);
    for (const [rule, message] of invariantBreaks(this.machine, c, this.references[c]!, head))
      this.fail(rule, message);
    this.checkEffects();
    this.coverage.events++;
  }

  /** A second pass over the same logs must end in the same states: nothing in them is written twice differently. */
  replay(): void {
    const { machine } = this;
    const finals = machine.states.map((state) => state.copy());
    for (let c = 0; c < finals.length; c++) machine.states[c] = initialState(machine, c);
    const silent: Sink = { effect: () => {}, stage: () => {} };
    for (let event = 0; event < machine.events.count; event++) step(machine, event, silent);
    for (const [c, state] of machine.states.entries()) {
      const other = stateFields.find((field) => state[field] !== finals[c]![field]);
      this.expect("replay", other === undefined, `${other} differs in a second pass`);
    }
  }

  effect(effect: number, a: number, b: number): void {
    this.said.push({ effect, a, b });
    const spec = effects[effect]!;
    const name = effect === Effect.dropped ? `${spec.name} ${dropReasons[a]}` : spec.name;
    this.coverage.effects[name] = (this.coverage.effects[name] ?? 0) + 1;
  }

  stage(stage: number, detail: number): void {
    if (stage === Stage.nic) this.take(detail);
  }

  /** What the trace's event does to the reference, and for a segment that reaches the driver what must become of it. */
  private expectedOf(event: number, reference: Reference): Outcome | null {
    const { kind, flags, seq: at, length, extra, connection } = this.machine.events.at(event);
    const place = distance(this.machine.connections[connection]!.startSeq, at);
    if (kind === Kind.send)
      reference.send(length, (flags & Flag.more) !== 0, (flags & Flag.typed) !== 0, extra);
    if (kind === Kind.close) reference.close();
    if (kind === Kind.ack) reference.ack(place);
    if (kind !== Kind.transmit || length === 0 || (flags & Flag.qdiscDrop) !== 0) return null;
    return reference.transmit(place, length);
  }

  /** The reference NIC takes descriptor `i` as soon as the model's has. */
  private take(i: number): void {
    const { machine } = this;
    const c = machine.events.connection.at(this.current);
    const { kind, row, seq: from, length, engine } = machine.queue.at(i);
    const marked = engine === Engine.stream;
    const nic = this.nics[c]!;
    const sn = (machine.connections[c]!.recSeq0 + BigInt(row) - 1n) & (2n ** 64n - 1n);
    if (kind === "static-params") this.staticSns[c] = sn;
    if (kind === "progress-params") nic.restart(this.staticSns[c]!);
    if (kind === "sync-packet") nic.restart(sn);
    if (kind === "sync-packet" || kind === "dump") nic.feed(this.bytes(c, "host", from, length));
    if (machine.queue.kind(i) !== Descriptor.packet) return;
    const place = distance(machine.connections[c]!.startSeq, from);
    if (place < 0) return this.expect("wire", !marked, "a segment before the start is not to be encrypted");
    const host = this.bytes(c, "host", from, length);
    this.compare(c, i, from, marked ? nic.feed(host) : host);
  }

  /** The packet's bytes: those of the reference NIC, those that the model computes, and the right ones. */
  private compare(c: number, i: number, from: Seq, left: Buffer): void {
    const { machine } = this;
    const length = left.length;
    const right = this.bytes(c, "wire", from, length);
    const computed = wireBytes(machine, machine.states[c]!, {
      connection: c,
      seq: from,
      length,
      engine: machine.queue.engine(i),
      row: -1,
    });
    this.coverage.packets++;
    this.coverage.bytes += length;
    for (let i = 0; i < length; i++) if (left[i] !== right[i]) this.wrongBytes++;
    if (this.wrongBytes > 0) {
      const first = left.findIndex((byte, i) => byte !== right[i]);
      this.fail("wire", `${this.wrongBytes} of ${length} bytes are wrong, the first is ${first}`);
    }
    this.expect(
      "model-bytes",
      computed !== null && Buffer.compare(computed, left) === 0,
      "the model's packet is not the reference NIC's",
    );
  }

  private bytes(c: number, view: "host" | "wire", from: Seq, length: number): Buffer {
    const place = distance(this.machine.connections[c]!.startSeq, from);
    const bytes = this.references[c]![view].subarray(place, place + length);
    this.expect("map", place >= 0 && bytes.length === length, `${place}+${length} is not in the stream`);
    return bytes;
  }

  private checkOutcome(c: number, outcome: Outcome): void {
    const has = (effect: number) => this.said.find((one) => one.effect === effect);
    const { queue } = this.machine;
    const dropped = has(Effect.dropped);
    const verdict = has(Effect.bypass) ? "bypass" : dropped ? dropReasons[dropped.a]! : "encrypted";
    this.expect("outcome", verdict === outcome.verdict, `${verdict} instead of ${outcome.verdict}`);
    this.expect(
      "outcome",
      (has(Effect["out-of-order"]) !== undefined) === outcome.outOfOrder,
      "out of order or not",
    );
    const resync = has(Effect.resync);
    const log = this.machine.records[c]!;
    const record = resync ? distance(this.machine.connections[c]!.startSeq, log.start(resync.a)) : -1;
    this.expect(
      "outcome",
      record === outcome.record,
      `resync of the record at ${record}, not ${outcome.record}`,
    );
    const packets = Array.from({ length: queue.count }, (_, i) => queue.kind(i)).filter(
      (kind) => kind === Descriptor.packet,
    );
    this.expect(
      "outcome",
      packets.length === (dropped ? 0 : 1),
      "a segment leaves once, or is dropped with a reason",
    );
    this.expect(
      "outcome",
      dropped === undefined || dropped.a <= DropCode["bypass-required"],
      "a reason that there is",
    );
  }

  /** Driver and counters as the reference has them; driver and NIC agree. */
  private checkState(c: number): void {
    const state = this.machine.states[c]!;
    const { expected, counters } = this.references[c]!;
    const { startSeq } = this.machine.connections[c]!;
    const driver = distance(startSeq, seq(state.expectedSeq));
    this.expect("driver", driver === expected, `the driver expects ${driver}, not ${expected}`);
    const nic = nicExpectedSeq(this.machine, c, state);
    if (state.nicReady === 1) {
      const place = nic === null ? null : distance(startSeq, nic);
      this.expect("agreement", place === driver, `the driver expects ${driver}, the NIC ${place}`);
      const sn = nicRecordSn(this.machine, c, state);
      const { sn: referenceSn } = this.nics[c]!;
      const agrees = state.nicInStep === 0 || sn === referenceSn;
      this.expect("agreement", agrees, `the NIC is in record ${sn}, the reference NIC in ${referenceSn}`);
    }
    const counted = {
      ooo: state.outOfOrder,
      packets: state.encryptedPackets,
      bytes: state.encryptedBytes,
      skip: state.skipNoSyncData,
      noSync: state.dropNoSyncData,
      bypass: state.dropBypassRequired,
    };
    this.expect(
      "counters",
      JSON.stringify(counted) === JSON.stringify(counters),
      JSON.stringify({ counted, counters }),
    );
  }

  /** Effects that call bytes wrong speak of all wrong bytes and of no others. */
  private checkEffects(): void {
    const wrongs = this.said.filter(({ effect }) => contains(wrongEffects, effect));
    const told = wrongs.reduce((sum, { b }) => sum + b, 0);
    this.expect(
      "effects",
      told === this.wrongBytes,
      `effects tell of ${told} wrong bytes, there are ${this.wrongBytes}`,
    );
    const lostStep = this.said.some(({ effect }) => effect === Effect["out-of-step"]);
    this.expect("in-step", !lostStep, "the NIC is out of step");
  }

  private expect(rule: string, holds: boolean, message: string): void {
    if (!holds) this.fail(rule, message);
  }

  private fail(rule: string, message: string): void {
    this.failures.push({ event: this.current, rule, message });
  }
}
