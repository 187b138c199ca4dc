import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { Timeline } from "../../replay/timeline.ts";
import { explain } from "../../replay/view/explain.ts";
import { viewAt } from "../../replay/view/view.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { Sign } from "../../trace/signs.ts";
import { sample, session } from "../dap-session.ts";

const times = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join("");
const head = "device eth0 profile=connectx\nconnection w device=eth0\n";
const packet = (i: number, flags = "") => `+0 w > ${10 * i}:${10 * i + 10}(10)${flags}\n`;
const errorsOf = (events: string) =>
  parseTrace("a.tlstrace", `${head}+0 w send 1000000\n${events}`, profileById).diagnostics.map(
    ({ line, message }) => `${line} ${message}`,
  );

const told = "no queue holds more than 16384 packets: let it go on above, or ring its doorbell";

test("a queue that is held takes as many packets as a NIC's largest queue and more, and no more", () => {
  const full = times(16_384, packet);
  assert.deepEqual(errorsOf(`+0 eth0 hold\n${full}+0 eth0 resume\n${packet(0)}`), []);
  assert.deepEqual(errorsOf(`+0 eth0 hold\n${full}${packet(0)}`), [`16389 ${told}`]);
  // It goes on, or is reset: it can take as many again. What is sent while none is held counts for nothing.
  for (const on of ["resume", "reset"])
    assert.deepEqual(errorsOf(`${full}+0 eth0 hold\n${full}+0 eth0 ${on}\n+0 eth0 hold\n${full}`), []);
  const silent = times(16_384, (i) => packet(i, " xmit-more"));
  assert.deepEqual(errorsOf(`${silent}${packet(0)}${silent}`), []);
  assert.deepEqual(errorsOf(`${silent}${packet(0, " xmit-more")}`), [`16388 ${told}`]);
});

test("where a record is rebuilt whose beginning is not known, that is told beside the bytes replayed", () => {
  const explained = (before: string) => {
    const trace = parseTrace("a.tlstrace", `${head}${before}\n+0 w > 25000:25010(10)\n`, profileById);
    const timeline = new Timeline(trace).runAll();
    const { stages } = timeline.record(1);
    const stage = stages.findIndex(({ effects }) => effects.some(({ kind }) => kind === Sign.resync));
    const view = viewAt(timeline, { event: 1, stage });
    const sign = stages[stage]!.effects.find(({ kind }) => kind === Sign.resync)!;
    return explain(view, sign).details.find(({ name }) => name === "bytes replayed")!.value;
  };
  assert.match(
    explained("+0 w gap 30000"),
    /^16413: records are not known there, so at most as many as the longest/,
  );
  // Record 1 begins at 16413 (header 5, nonce 8, payload 16384, tag 16).
  assert.equal(explained("+0 w send 30000"), String(25_000 - 16_413));
});

test("a rebuild's DUMPs behind the innermost frame are one, with their number", async () => {
  const client = session();
  await client.start({ program: sample("retransmission-in-record.tlstrace") }, ["resync"]);
  let stackFrames = await client.stack();
  while (stackFrames[0]!.name !== "wire") {
    await client.moves("stepIn");
    stackFrames = await client.stack();
  }
  const names = stackFrames.map(({ name }) => name);
  // 4344 bytes of the record in DUMPs of 1522 at most (kernel.md section 5.2).
  assert.deepEqual(names.slice(0, 5), ["wire", "nic PKT", "nic DUMP×3", "nic NOP", "nic PROGRESS"]);
});
