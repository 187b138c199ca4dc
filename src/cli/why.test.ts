import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

function why(...args: string[]): { status: number | null; out: string; err: string } {
  const run = spawnSync(process.execPath, ["dist/cli.js", "why", ...args], { encoding: "utf8" });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

const sample = "media/samples/retransmission-in-record.tlstrace";

test("why tells a byte's way in rows, and with --json as one object", () => {
  const { status, out } = why(sample, "web", "1500");
  assert.equal(status, 0);
  // The sample's lines 6 and 12 carry 1448:2896, its line 16 acknowledges 40087.
  assert.match(out, /^web, byte 1500 \(4294961500\): record 1, byte 1500 of 16413 \(payload\)\n/);
  assert.match(out, /\n {2}sent +line 6: .*lost on the wire/);
  assert.match(out, /\n {2}sent again 1 +line 12: .*1448 bytes replayed/);
  assert.match(out, /\n {2}acknowledged +line 16: /);
  const told = JSON.parse(why(sample, "web", "4294961500", "--json").out);
  assert.deepEqual([told.kind, told.seq, told.absolute, told.sentTimes], ["why", 1500, 4294961500, 2]);
  assert.deepEqual(told.written, { event: 1, line: 4, offset: 1487 });
  assert.deepEqual(
    told.sent.map(({ line, builtBy }: { line: number; builtBy: { by: string } }) => [line, builtBy.by]),
    [
      [6, "offload start"],
      [12, "resync"],
    ],
  );
  assert.deepEqual(told.released, { event: 9, line: 16 });
});

test("what why cannot take is refused with what there is", () => {
  const refused = (...args: string[]) => {
    const { status, err, out } = why(...args);
    assert.deepEqual([status, out], [2, ""]);
    return err;
  };
  assert.match(refused(sample, "nope", "5"), /has no stream "nope"; it has web/);
  assert.match(refused(sample, "web", "five"), /"five" is no place of a stream/);
  assert.match(refused("media/samples/lossy.pcap", "*", "5"), /several streams: A>B, B>A/);
});
