import assert from "node:assert/strict";
import test from "node:test";
import type { PictureView } from "../../pictures/kind.ts";
import type { SequenceTimeView } from "../../pictures/sequence-time/view.ts";
import { sample, session } from "../../test/dap-session.ts";

const marksOf = ({ view }: { view: PictureView }, name: string): number =>
  (view as SequenceTimeView).lanes
    .find((lane) => lane.name === name)!
    .marks.count.reduce((sum, each) => sum + each, 0);

test("a picture is there at once, and again when a run has said what only a run can", async () => {
  const client = session();
  const from = client.events.length;
  await client.start({ program: sample("lossy.pcap") });
  const first = await client.ask("picture", { threadId: 2, columns: 500 });
  assert.equal(first.view.isComplete, false);
  // As `tlstrace replay` counts them, and the opening lines.
  assert.equal(marksOf(first, "out-of-order"), 39);
  assert.deepEqual(await client.next("tlstracePicture", from), { threadId: 2 });
  const whole = await client.ask("picture", { threadId: 2, columns: 500 });
  assert.equal(whole.view.isComplete, true);
  assert.equal(marksOf(whole, "resync"), 36);
  client.session.dispose();
});

test("a part is what lies between its moments, and none is refused", async () => {
  const client = session();
  await client.start({ program: sample("lossy.pcap") });
  const { view } = await client.ask("picture", { threadId: 2, columns: 500 });
  const { from, to, low, high } = view.whole;
  const half = await client.ask("picture", {
    threadId: 2,
    columns: 500,
    from,
    to: (from + to) / 2,
    low,
    high,
  });
  const rest = await client.ask("picture", {
    threadId: 2,
    columns: 500,
    from: (from + to) / 2 + 1,
    to,
    low,
    high,
  });
  assert.equal(marksOf(half, "out-of-order") + marksOf(rest, "out-of-order"), 39);
  assert.match(
    await client.refused("picture", { threadId: 2, columns: 500, from: to + 1, to, low, high }),
    /first to its last/,
  );
  assert.match(await client.refused("picture", { threadId: 7, columns: 500 }), /no thread 7/);
  client.session.dispose();
});

test("where the session stopped and its checkpoints are marks of their stream", async () => {
  const client = session();
  await client.start({ program: sample("lossy.pcap") });
  const evaluate = (expression: string) => client.ask("evaluate", { expression, context: "repl" });
  await evaluate("checkpoint here");
  await evaluate("goto frame 58");
  const { view } = await client.ask("picture", { threadId: 2, columns: 500 });
  const { lanes } = view as SequenceTimeView;
  const lane = (name: string) => lanes.find((each) => each.name === name)!;
  // The session begins at frame 25, the first transmit out of order.
  assert.deepEqual([lane("checkpoint").places, lane("checkpoint").names], [[25], ["here"]]);
  assert.deepEqual(lane("stop").places, [25, 58]);
  const other = await client.ask("picture", { threadId: 1, columns: 500 });
  assert.equal(marksOf(other, "checkpoint"), 0);
  client.session.dispose();
});

test("a byte has its story, in the record map also its look-up; a kind that there is not is refused", async () => {
  const client = session();
  await client.start({ program: sample("lossy.pcap") });
  const { text } = await client.ask("byte", { threadId: 2, byte: 0 });
  assert.match(text, /^record 1, byte 0 of 16413 \(header\); sent \d+ times/);
  const mapped = await client.ask("byte", { threadId: 2, byte: 0, kind: "record-map" });
  assert.match(mapped.text, /^tls_get_record\(0\): record 1\nrecord 1, byte 0/);
  assert.match(
    await client.refused("picture", { threadId: 2, columns: 5, kind: "queues" }),
    /no picture `queues`.*queue/,
  );
  for (const kind of ["record-map", "queue", "packet"]) {
    const { view } = await client.ask("picture", { threadId: 2, columns: 900, lines: 30, kind });
    assert.ok(view.area.high > view.area.low, kind);
  }
  client.session.dispose();
});
