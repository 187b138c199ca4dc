import {
  type Event,
  Flag,
  Kind,
  sendPieces,
  sendType,
  unpackRecord,
  unpackTransmit,
} from "../../core/words/event.ts";
import { sizesOf } from "./crypto.ts";
import { transmit } from "./driver.ts";
import type { ReferencePacket } from "./post.ts";
import type { Reference } from "./reference.ts";
import { rekey } from "./rekey.ts";

/**
 * Plays an event of the connection's own on its reference. `at` is the event's place from the offload start;
 * `changeRow` names the new content of pages that a page-write brings, which is the model's to choose.
 */
export function playOwn(reference: Reference, event: Event, at: number, changeRow: number): void {
  const { kind, flags, length, extra } = event;
  const has = (flag: number) => (flags & flag) !== 0;
  switch (kind) {
    case Kind.install:
      return reference.install(has(Flag.unsent));
    case Kind.send: {
      const pieces = Math.max(1, sendPieces(extra));
      const writing = {
        more: has(Flag.more),
        pieceSize: has(Flag.zerocopy) ? Math.ceil(length / pieces) : 0,
      };
      return reference.send(length, writing, has(Flag.typed), sendType(extra), has(Flag.eor));
    }
    case Kind.record: {
      const { prepend, tail } = sizesOf(reference.connection);
      return reference.append(unpackRecord(extra).type, length - prepend - tail - 16);
    }
    case Kind.gap:
      return reference.gap(length);
    case Kind.transmit:
      return transmitOrLose(reference, packetOf(event, at), has(Flag.qdiscDrop));
    case Kind.ack:
      return reference.ack(at, extra === 1);
    case Kind.close:
      return reference.close();
    case Kind["splice-eof"]:
      return reference.closeOpen();
    case Kind.destruct:
      return reference.destruct();
    case Kind.rekey:
      return rekey(reference);
    case Kind.reroute:
      return reference.reroute(extra);
    case Kind.merge:
      return reference.merge(at, at + length);
    case Kind.split:
      return reference.say("split", at);
    case Kind["page-write"]:
      return reference.writePages(at, at + length, changeRow);
  }
}

function transmitOrLose(reference: Reference, packet: ReferencePacket, qdiscDrop: boolean): void {
  const sending = { ...packet, length: lengthOf(reference, packet) };
  reference.sndNxt = Math.max(reference.sndNxt ?? sending.at, sending.at + sending.length);
  if (qdiscDrop) reference.say("qdisc-drop", sending.at, sending.length);
  else transmit(reference, sending);
}

/** Only what TCP has is sent: the trace may have been written for a kernel that makes other records. */
function lengthOf({ installed, pushed }: Reference, { at, length }: ReferencePacket): number {
  return installed && at + length > pushed ? Math.max(0, pushed - at) : length;
}

function packetOf({ flags, length, extra }: Event, at: number): ReferencePacket {
  const has = (flag: number) => (flags & flag) !== 0;
  return {
    at,
    length,
    lost: has(Flag.lost),
    captured: has(Flag.captured),
    fin: has(Flag.fin),
    orphan: has(Flag.orphan),
    orphanPartial: has(Flag.orphanPartial),
    marked: has(Flag.marked),
    noMemory: has(Flag.noMemory),
    ringFull: has(Flag.ringFull),
    undoorbelled: has(Flag.undoorbelled),
    ...unpackTransmit(extra),
  };
}
