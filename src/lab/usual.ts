import { payloadSizeMax, recordType } from "../core/base/record.ts";
import { anyKernel } from "../core/machine/generation.ts";
import { Flag, Kind, packRecord, packSend, sendPieces, sendType, unpackRecord } from "../core/words/event.ts";
import type { Edit, StatedEvent } from "../trace/edit.ts";
import { headersSize } from "../trace/language/vocabulary.ts";
import type { Trace } from "../trace/trace.ts";

const usualMtu = 1500;

/** What a capture saw did leave: that is no flag of a line, but of a connection. */
const unusualFlags = Object.values(Flag).filter((flag) => flag !== Flag.captured);

/**
 * Edits that make what is unusual about a trace usual, a thing each. Whoever takes them changes the trace: it is asked for
 * again before each of them, and keeps its events, devices and connections.
 */
export function* usual(current: () => Trace): Generator<Edit[]> {
  for (const device of current().devices.keys()) yield* usualDevice(current, device);
  for (const connection of current().connections.keys()) yield* usualConnection(current, connection);
  const times = usualTimes(current());
  if (times.length > 0) yield times;
  for (let event = 0; event < current().events.count; event++)
    for (const to of usualEvent(current, event)) yield [{ edit: "set", event, to }];
}

function* usualDevice(current: () => Trace, device: number): Generator<Edit[]> {
  const { kernel, mtu } = current().devices[device]!;
  if (kernel !== anyKernel) yield [{ edit: "set-device", device, to: { kernel: anyKernel } }];
  if (mtu !== usualMtu) yield [{ edit: "set-device", device, to: { mtu: usualMtu } }];
}

function* usualConnection(current: () => Trace, connection: number): Generator<Edit[]> {
  const now = () => current().connections[connection]!;
  for (let device = 0; device < now().device; device++)
    yield [{ edit: "set-connection", connection, to: { device } }];
  const { cipher, mss, payloadMax, recSeq0, device } = now();
  if (cipher !== null && cipher !== "aes-128-gcm")
    yield [{ edit: "set-connection", connection, to: { cipher: "aes-128-gcm" } }];
  const usualMss = current().devices[device]!.mtu - headersSize;
  if (mss !== usualMss) yield [{ edit: "set-connection", connection, to: { mss: usualMss } }];
  if (payloadMax !== payloadSizeMax)
    yield [{ edit: "set-connection", connection, to: { payloadMax: payloadSizeMax } }];
  if (recSeq0 !== 0n) yield [{ edit: "set-connection", connection, to: { recSeq0: 0n } }];
}

/** All events at once: time counts for nothing in the model. */
function usualTimes({ events }: Trace): Edit[] {
  const all = Array.from({ length: events.count }, (_, event) => event);
  return all.flatMap((event): Edit[] =>
    events.timeNs.at(event) === 0 ? [] : [{ edit: "set", event, to: { timeNs: 0 } }],
  );
}

/** Record type, flags, what else is said of an event, and selective acknowledgements. */
function* usualEvent(current: () => Trace, event: number): Generator<Partial<StatedEvent>> {
  const now = () => current().events.at(event);
  const { kind, extra } = now();
  if (kind === Kind.send && sendType(extra) !== recordType.applicationData)
    yield {
      flags: now().flags & ~Flag.typed,
      extra: packSend(recordType.applicationData, sendPieces(extra)),
    };
  for (const flag of unusualFlags) if (now().flags & flag) yield { flags: now().flags & ~flag };
  const usualExtra = kind === Kind.send ? sendType(now().extra) : 0;
  // These stand for what an event is, not for how.
  const isFixed = kind === Kind.record || kind === Kind.reroute || kind === Kind.install;
  if (!isFixed && now().extra !== usualExtra) yield { extra: usualExtra };
  if (kind === Kind.record) yield* usualRecord(now().extra);
  if (current().sacks.has(event)) yield { sacks: [] };
}

/** A record whose content and number are known. */
function* usualRecord(extra: number): Generator<Partial<StatedEvent>> {
  const packed = unpackRecord(extra);
  const known = { ...packed, unopened: false, snUnknown: false, snGiven: false };
  if (packRecord(known) !== extra) yield { extra: packRecord(known), recordSn: null };
}
