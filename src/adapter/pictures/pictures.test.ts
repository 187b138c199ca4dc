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
