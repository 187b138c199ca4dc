import { advance, seq } from "../../core/base/seq.ts";
import { kernels } from "../../core/machine/generation.ts";
import { profiles } from "../../core/profiles/all.ts";
import { deviceColumn, Flag, Kind, packTransmit } from "../../core/words/event.ts";
import { applied, type Edit, type StatedEvent } from "../../trace/edit.ts";
import type { Trace } from "../../trace/trace.ts";
import type { Dice } from "./dice.ts";

/** Some edits of a trace, each of what the ones before have made of it: mostly such as can be. */
export function randomEdits(dice: Dice, trace: Trace): Edit[] {
  const edits: Edit[] = [];
  let now = trace;
  for (let left = dice.from(1, 6); left > 0; left--) {
    const edit = randomEdit(dice, now);
    edits.push(edit);
    now = applied(now, [edit]).trace;
  }
  return edits;
}

function randomEdit(dice: Dice, trace: Trace): Edit {
  const { count } = trace.events;
  // One beyond the last, now and then.
  const event = dice.from(0, dice.chance(0.05) ? count : Math.max(0, count - 1));
  const kind = dice.weighted({
    ...{ drop: 5, insert: 5, move: 4, split: 3, set: 4, expect: 2 },
    ...{ "set-connection": 1, "set-device": 1 },
  });
  switch (kind) {
    case "drop":
      return { edit: kind, event, count: dice.one(1, 1, 2, dice.from(0, 5)) };
    case "insert":
      return { edit: kind, event: dice.from(0, count), stated: stated(dice, trace) };
    case "move":
      return { edit: kind, event, to: dice.from(0, Math.max(0, count - 1)) };
    case "split":
      return {
        edit: kind,
        event,
        bytes: dice.from(0, Math.max(1, event < count ? trace.events.length.at(event) : 1)),
      };
    case "set":
      return { edit: kind, event, to: setting(dice, trace, event) };
    case "expect":
      return { edit: kind, event, expected: expected(dice) };
    case "set-connection":
      return {
        edit: kind,
        connection: dice.from(0, trace.connections.length - 1),
        to: dice.one<Extract<Edit, { edit: "set-connection" }>["to"]>(
          { mss: dice.from(1, 9000) },
          { recSeq0: BigInt(dice.from(0, 1000)) },
          { version: dice.one(0x0303, 0x0304) },
          { cipher: dice.one("aes-128-gcm", "aes-256-gcm", "chacha20-poly1305") },
          { device: dice.from(0, trace.devices.length) },
        ),
      };
    case "set-device":
      return {
        edit: kind,
        device: dice.from(0, trace.devices.length - 1),
        to: dice.one<Extract<Edit, { edit: "set-device" }>["to"]>(
          { mtu: dice.from(576, 9000) },
          { profile: dice.one(...profiles) },
          { kernel: dice.one(...kernels) },
        ),
      };
  }
}

/** A new event: one like another of the trace, a segment, an acknowledgement, or something of a device. */
function stated(dice: Dice, trace: Trace): StatedEvent {
  const { events, connections, devices } = trace;
  const at = events.count === 0 ? 0 : events.timeNs.at(dice.from(0, events.count - 1));
  const bare = { timeNs: at, flags: 0, seq: seq(0), length: 0, extra: 0 };
  if (dice.chance(0.1)) {
    const kind = dice.one(Kind.hold, Kind.resume, Kind.reset, Kind.down, Kind.up);
    return { ...bare, kind, connection: deviceColumn(dice.from(0, devices.length - 1)) };
  }
  const connection = dice.from(0, connections.length - 1);
  const { startSeq } = connections[connection]!;
  const own = { ...bare, connection, seq: startSeq };
  const place = advance(startSeq, dice.from(-50, 3000));
  return dice.one<StatedEvent>(
    { ...own, kind: Kind.transmit, seq: place, length: dice.from(0, 1500), flags: dice.one(0, 0, Flag.lost) },
    { ...own, kind: Kind.transmit, seq: startSeq, length: dice.from(0, 40) },
    { ...own, kind: Kind.send, length: dice.from(0, 3000), extra: 23, flags: dice.one(0, 0, Flag.more) },
    { ...own, kind: Kind.ack, seq: place, sacks: [advance(startSeq, 5), advance(startSeq, 9)] },
    { ...own, kind: Kind.close },
    { ...own, kind: Kind.rekey },
    { ...own, kind: Kind.install },
    { ...own, kind: Kind.reroute, extra: dice.from(0, devices.length) },
    // No line says these.
    { ...own, kind: Kind.ack, flags: Flag.lost },
    { ...own, kind: dice.from(0, 30), length: -5 },
  );
}

function setting(dice: Dice, trace: Trace, event: number): Partial<StatedEvent> {
  const { events } = trace;
  if (event >= events.count) return {};
  const isTransmit = events.kind.at(event) === Kind.transmit;
  const now = events.at(event);
  return dice.one<Partial<StatedEvent>>(
    { timeNs: now.timeNs + dice.from(-5, 5) * 1_000_000 },
    { length: Math.max(0, now.length + dice.from(-100, 20)) },
    isTransmit ? { seq: advance(now.seq, dice.from(-100, 20)) } : {},
    isTransmit ? { flags: now.flags ^ dice.one(Flag.lost, Flag.qdiscDrop, Flag.fin, Flag.noMemory) } : {},
    isTransmit ? { extra: packTransmit({ dmaErrorAt: dice.from(0, 2), queue: dice.from(-1, 2) }) } : {},
    now.kind === Kind.send ? { flags: now.flags ^ Flag.more } : {},
    { connection: dice.from(0, trace.connections.length) },
  );
}

const expected = (dice: Dice): Extract<Edit, { edit: "expect" }>["expected"] => ({
  no: dice.chance(0.5),
  under: dice.one([], ["connectx"], ["innova", "v5.8"]),
  what: { effect: dice.one("encrypted", "out-of-order", "resync"), fields: {} },
});
