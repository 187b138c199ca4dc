import { recordType } from "../../core/base/record.ts";
import { advance, seq } from "../../core/base/seq.ts";
import { usualSocket } from "../../core/machine/connection.ts";
import { connectx } from "../../core/profiles/connectx.ts";
import { EventLog, Kind } from "../../core/words/event.ts";
import { emptyTrace, nicNamed, type Trace } from "../../trace/trace.ts";
import { seeded } from "../simulator/mutate.ts";

const segmentSize = 1448;
const payloadSize = 16384;
const recordSize = payloadSize + 29;
/** Segments on their way, acknowledged in steps of `ackEvery`. */
const windowSegments = 64;
const ackEvery = 8;

/** One connection without bytes: writes of whole records, transmits of which a share is out of order, acknowledgements. */
export function longTrace(transmits: number, outOfOrderShare: number, seed: number): Trace {
  const startSeq = seq(0xff000000);
  const events = eventsOf(transmits, outOfOrderShare, startSeq, seeded(seed));
  const connection = {
    name: "c",
    flow: "c",
    device: 0,
    version: 0x0303 as const,
    cipher: "aes-128-gcm" as const,
    startSeq,
    recSeq0: 1n,
    epochs: [],
    mss: segmentSize,
    ...usualSocket,
    captured: false,
    installed: true,
    source: null,
  };
  return {
    ...emptyTrace("long", "text"),
    devices: [nicNamed("eth0", connectx, 1500)],
    connections: [connection],
    events,
  };
}

function eventsOf(
  transmits: number,
  outOfOrderShare: number,
  startSeq: number,
  random: () => number,
): EventLog {
  const events = new EventLog();
  const push = (kind: number, at: number, length: number, extra: number): void => {
    // One literal with all fields: spreading a part of them in costs thousands of nanoseconds an event.
    events.push({
      timeNs: events.count * 1000,
      connection: 0,
      kind,
      flags: 0,
      seq: advance(seq(startSeq), at),
      length,
      extra,
      line: events.count + 1,
      offset: -1,
    });
  };
  let written = 0;
  let sent = 0;
  for (let done = 0; done < transmits; done++) {
    // A retransmission is out of order, and so is what follows it: each makes two.
    if (sent > windowSegments * segmentSize && random() < outOfOrderShare / 2) {
      const back = 1 + Math.floor(random() * (windowSegments - 2 * ackEvery));
      push(Kind.transmit, sent - back * segmentSize, segmentSize, 0);
      continue;
    }
    if (sent + segmentSize > written) {
      push(Kind.send, 0, payloadSize, recordType.applicationData);
      written += recordSize;
    }
    push(Kind.transmit, sent, segmentSize, 0);
    sent += segmentSize;
    if (done % ackEvery === 0) push(Kind.ack, Math.max(0, sent - windowSegments * segmentSize), 0, 0);
  }
  return events;
}
