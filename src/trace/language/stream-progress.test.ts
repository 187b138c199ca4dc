import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf } from "../../core/base/record.ts";
import { StreamProgress } from "./stream-progress.ts";

type Send = [size: number, flags?: "more" | "typed"];
const layout = layoutOf(0x0303, "aes-128-gcm");
const { overhead } = layout;

/** Record payloads by the loop of tls_push_data(), one record at a time: the slow twin of the closed form. */
function byTheLoop(sends: Send[]): { records: number[]; open: number } {
  const records: number[] = [];
  let open = -1;
  const close = () => {
    records.push(open);
    open = -1;
  };
  for (const [size, flags] of sends) {
    if (flags === "typed" && open >= 0) close();
    for (let left = size; ; ) {
      if (open < 0) open = 0;
      const copied = Math.min(left, 16384 - open);
      open += copied;
      left -= copied;
      if (left === 0 && flags === "more") break;
      if (left === 0 || open === 16384) close();
      if (left === 0) break;
    }
  }
  return { records, open };
}

function check(sends: Send[], records: number[], open: number): void {
  const progress = new StreamProgress(layout);
  for (const [size, flags] of sends) progress.send(size, flags === "more", flags === "typed");
  const pushed = records.reduce((sum, payload) => sum + payload + overhead, 0);
  assert.deepEqual([progress.pushed, progress.open], [pushed, open], JSON.stringify(sends));
  assert.deepEqual(byTheLoop(sends), { records, open }, JSON.stringify(sends));
}

test("sends become records as tls_push_data() cuts them", () => {
  check([[40000]], [16384, 16384, 7232], -1);
  check([[16384]], [16384], -1);
  check([[16385]], [16384, 1], -1);
  check([[0]], [0], -1);
  check([[100, "more"]], [], 100);
  check([[100, "more"], [50]], [150], -1);
  check(
    [
      [100, "more"],
      [2, "typed"],
    ],
    [100, 2],
    -1,
  );
  check([[0, "more"]], [], 0);
});

test("a record that MSG_MORE filled stays open until the next send", () => {
  check([[16384, "more"]], [], 16384);
  check([[16384, "more"], [0]], [16384], -1);
  check([[16384, "more"], [1]], [16384, 1], -1);
  check([[32768, "more"]], [16384], 16384);
});

test("close pushes what is open, and nothing otherwise", () => {
  const progress = new StreamProgress(layout);
  progress.closeRecord();
  assert.equal(progress.pushed, 0);
  progress.send(10, true, false);
  progress.closeRecord();
  assert.deepEqual([progress.pushed, progress.open], [39, -1]);
});

test("a broken kernel makes other records of the same writes, and the reader knows", () => {
  const eater = new StreamProgress(layout, 16384, ["close-eats-payload"]);
  for (const size of [16384, 16337]) eater.send(size, false, false);
  // 5 bytes are left of the page's 32768 when the second record is closed: 16 payload bytes go.
  assert.equal(eater.pushed, 16413 + 16366 - 16);

  const stale = new StreamProgress(layout, 16384, ["empty-record"]);
  stale.send(100, true, false);
  stale.send(200, false, false);
  stale.send(2, false, true);
  assert.equal(stale.pushed, 329 + 29 + 31);

  const leaver = new StreamProgress(layout, 16384, ["open-record-at-eof"]);
  leaver.send(1000, true, false);
  leaver.spliceEof();
  assert.deepEqual([leaver.pushed, leaver.open], [0, 1000]);
});
