import assert from "node:assert/strict";
import { connectx } from "../core/profiles/connectx.ts";
import { printEvent } from "../trace/language/print.ts";
import { parsePacketdrill } from "../trace/packetdrill/script.ts";
import type { Trace } from "../trace/trace.ts";

export const parseScript = (text: string): Trace => parsePacketdrill("test.pkt", text, connectx);

/** Each event as `LINE EVENT`, in the trace language. */
export const eventsOf = (trace: Trace): string[] =>
  Array.from(
    { length: trace.events.count },
    (_, i) => `${trace.events.line.at(i)} ${printEvent(trace, i).replace(/ +/g, " ")}`,
  );

/** Each diagnostic as `LINE:START-END SEVERITY MESSAGE`. */
export const saidOf = (trace: Trace): string[] =>
  trace.diagnostics.map((d) => `${d.line}:${d.start}-${d.end} ${d.severity} ${d.message}`);

/** A server with its connection accepted as descriptor 4; what it does begins on line 6. */
export const server = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 40000 <mss 1000,sackOK>
+0 > S. 0:0(0) ack 1 <mss 1460,sackOK>
+0 accept(3, ..., ...) = 4
`;

/** The events of a server's lines, numbered from its first line on; `notes` are how its diagnostics begin, in order. */
export function checkServer(lines: string, expected: string[], notes: string[] = []): void {
  const trace = parseScript(server + lines);
  const shifted = (text: string) => text.replace(/^\d+/, (line) => String(Number(line) - 5));
  const said = saidOf(trace).map(shifted);
  assert.equal(said.length, notes.length, said.join("\n"));
  for (const [i, note] of notes.entries()) assert.ok(said[i]!.startsWith(note), `${said[i]} is not ${note}`);
  assert.deepEqual(eventsOf(trace).map(shifted), expected);
}
