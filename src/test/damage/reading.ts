import { type StreamVerdict, streamVerdicts } from "../../judge/verdict.ts";
import type { CaptureOptions } from "../../trace/capture/capture.ts";
import type { Trace } from "../../trace/trace.ts";
import { readBytes } from "../captures.ts";
import type { Session } from "./sealed-session.ts";
import { captureOf, type Packet, packetsOf, serverStream } from "./tcp-capture.ts";

/** Packets of a session whose server sends this after the handshake, and where that begins in its stream. */
export function sentBy(
  { flights }: Session,
  stream: Uint8Array,
): { packets: Packet[]; from: number; begin: number } {
  const sent = [0, 0];
  const packets = flights.flatMap((flight, i) => {
    const from = (i % 2) as 0 | 1;
    const at = sent[from]!;
    sent[from]! += flight.length;
    return packetsOf(from, at, flight);
  });
  const begin = sent[1]!;
  return { packets: [...packets, ...packetsOf(1, begin, stream)], from: packets.length, begin };
}

/** What a session is read with; `keyLogs`: other keys than its own; `isOpen`: the capture stops before the server's FIN. */
type Reading = Partial<CaptureOptions> & { keyLogs?: string[]; isOpen?: boolean };

/** Reads a session whose server sends this after the handshake, and then ends its stream. */
export function read(
  session: Session,
  stream: Uint8Array,
  { keyLogs = [session.keyLog], isOpen = false, ...options }: Reading = {},
): Promise<Trace> {
  const { packets, begin } = sentBy(session, stream);
  const fin: Packet = { from: 1, at: begin + stream.length, bytes: new Uint8Array(0), isFin: true };
  const bytes = captureOf(isOpen ? packets : [...packets, fin]);
  return readBytes({ bytes, keyLogs, cryptoInfos: [] }, options);
}

/** The verdict of what the server sent. */
export const verdictOf = (trace: Trace): StreamVerdict =>
  streamVerdicts(trace, trace.streams).find(({ stream }) => stream.name === serverStream)!;
