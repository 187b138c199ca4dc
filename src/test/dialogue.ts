/** A TCP connection whose two ends say something in turn, as a capture file. */
import { ethernet, ipv4, pcap, type Tcp, tcp } from "./capture-builder.ts";

/** Who says it (0 opens the TCP connection), and what; a number: so many bytes that the capture lacks. */
export type Turn = readonly [from: 0 | 1, said: string | Uint8Array | readonly number[] | number];

export interface DialogueForm {
  /** Most payload bytes of a segment. */
  segment?: number;
  /** Its SYNs were captured. */
  hasSyns?: boolean;
  /** Both open it at once (RFC 9293 §3.5). */
  isSimultaneous?: boolean;
  /** Initial sequence numbers. */
  isns?: readonly [number, number];
}

/** Ends of every dialogue, by who they are. */
export const ends = ["10.0.0.1:40000", "10.0.0.2:443"] as const;
const addresses = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
] as const;
const ports = [40000, 443] as const;

export const bytesOf = (said: Turn[1]): Uint8Array =>
  typeof said === "number"
    ? new Uint8Array(0)
    : typeof said === "string"
      ? new TextEncoder().encode(said)
      : Uint8Array.from(said);

export function dialogue(
  turns: readonly Turn[],
  { segment = 1448, hasSyns = true, isSimultaneous = false, isns = [1000, 5000] }: DialogueForm = {},
): Uint8Array {
  const next: [number, number] = [isns[0] + 1, isns[1] + 1];
  const frames: Uint8Array[] = [];
  const send = (from: 0 | 1, fields: Tcp) => {
    const body = tcp({ from: ports[from], to: ports[from ^ 1]!, ack: next[from ^ 1]!, ...fields });
    const packet = ipv4(body, { source: addresses[from], destination: addresses[from ^ 1]! });
    frames.push(ethernet(packet));
  };
  if (hasSyns) {
    send(0, { seq: isns[0], flags: "S", ack: 0 });
    if (isSimultaneous) send(1, { seq: isns[1], flags: "S", ack: 0 });
    if (isSimultaneous) send(0, { seq: isns[0], flags: "SA" });
    send(1, { seq: isns[1], flags: "SA" });
  }
  for (const [from, said] of turns) {
    const bytes = bytesOf(said);
    if (typeof said === "number") next[from] += said;
    for (let at = 0; at < bytes.length; at += segment) {
      const payload = bytes.slice(at, at + segment);
      send(from, { seq: next[from], payload, flags: "PA" });
      next[from] += payload.length;
    }
    send((1 - from) as 0 | 1, { seq: next[1 - from]!, flags: "A" });
  }
  return pcap(frames.map((bytes, i) => ({ bytes, time: [1, i] })));
}
