import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelNamed, Play } from "../../test/scenario.ts";
import { seq, toU32 } from "../base/seq.ts";
import { getRecord } from "./record-map.ts";

/** Records that a story pushes, as payload bytes and type (no type = application data), `+n` = n bytes left open. */
function recordsOf(story: string, version: 0x0303 | 0x0304 = 0x0303): string {
  const overhead = version === 0x0303 ? 29 : 22;
  const play = new Play({ version }, story);
  play.rest();
  const log = play.machine.sockets[0]!.records;
  const texts: string[] = [];
  for (let row = 1; row < log.count; row++) {
    const type = log.type.at(row) === 23 ? "" : `/${log.type.at(row)}`;
    texts.push(`${log.length.at(row) - overhead}${type}`);
  }
  const open = play.state.openLength;
  if (open > 0) texts.push(`+${open - (version === 0x0303 ? 13 : 5)}`);
  return texts.join(" ");
}

const check = (story: string, expected: string) => assert.equal(recordsOf(story), expected, story);

test("a write becomes full records and a rest (tls_push_data, kernel.md section 2.2)", () => {
  check("send 1", "1");
  check("send 16384", "16384");
  check("send 16385", "16384 1");
  check("send 40000", "16384 16384 7232");
  check("send 32768", "16384 16384");
  assert.equal(recordsOf("send 40000; send 10", 0x0304), "16384 16384 7232 10");
});

test("no bytes are a record too, which is legal for application data", () => {
  check("send 0", "0");
  check("send 5; send 0", "5 0");
});

test("MSG_MORE leaves the last record open, the next write goes on in it", () => {
  check("send 100 more", "+100");
  check("send 100 more; send 50 more", "+150");
  check("send 100 more; send 50", "150");
  check("send 16000 more; send 1000", "16384 616");
  check("send 20000 more", "16384 +3616");
  check("send 0 more", "+0");
});

test("MSG_MORE leaves even a full record open; what comes next closes it first", () => {
  check("send 16384 more", "+16384");
  check("send 16384 more; send 1 more", "16384 +1");
  check("send 16384 more; send 0", "16384");
  check("send 32768 more", "16384 +16384");
});

test("a write without MSG_MORE closes: none at all, MSG_EOR, no bytes, close()", () => {
  check("send 100 more; send 0", "100");
  check("send 100 more; send 20 eor", "120");
  check("send 100 eor", "100");
  check("send 100 more; close", "100");
  check("close", "");
  check("send 7; close", "7");
});

test("a write of another type first pushes the open record as application data", () => {
  check("send 2 type=21", "2/21");
  check("send 100 more; send 2 type=21", "100 2/21");
  check("send 2 type=21; send 3", "2/21 3");
  check("send 20000 type=22", "16384/22 3616/22");
});

test("sendmsg comes first, then the records that it pushes", () => {
  const play = new Play({}, "send 100 more; send 20000 type=22");
  play.next();
  assert.deepEqual(play.next().stages, ["tls.sendmsg", "tls.pushRecord", "tls.pushRecord", "tls.pushRecord"]);
});

test("records follow each other in sequence space, over 2^32 (kernel.md section 3's example)", () => {
  const play = new Play({ startSeq: 0xffffff00 }, "send 300; send 10");
  play.rest();
  const log = play.machine.sockets[0]!.records;
  const ranges = [1, 2].map((row) => [toU32(log.start(row)), toU32(log.end(row))]);
  assert.deepEqual(ranges, [
    [0xffffff00, 0x49],
    [0x49, 0x49 + 39],
  ]);
});

test("the marker counts as record rec_seq − 1, for rec_seq 0 as 2^64 − 1; numbers wrap", () => {
  const zero = new Play({ recSeq0: 0n }, "send 1; send 1");
  zero.rest();
  assert.deepEqual(
    [0, 1, 2].map((row) => zero.machine.sockets[0]!.records.sn(row)),
    [2n ** 64n - 1n, 0n, 1n],
  );
  const wrapping = new Play({ recSeq0: 2n ** 64n - 1n }, "send 1; send 1");
  wrapping.rest();
  assert.deepEqual(
    [1, 2].map((row) => wrapping.machine.sockets[0]!.records.sn(row)),
    [2n ** 64n - 1n, 0n],
  );
});

/** The worked example of kernel.md section 4: marker, A [1000, 1129), B [1129, 17542), C [17542, 17581). */
function workedExample(acks: number[] = [], kernel = "v6.18"): Play {
  const story = ["send 100; send 16384; send 10", ...acks.map((ack) => `ack ${ack - 1000}`)].join(";");
  const play = new Play({ startSeq: 1000, recSeq0: 1n, kernel: kernelNamed(kernel) }, story);
  play.rest();
  return play;
}

/** `A1+128`: record A, its number 1, the byte's place in it. A fresh lookup each time: no hint from the last. */
function got(play: Play, at: number): string {
  const row = getRecord(play.socket.at(play.state.copy()), seq(at));
  if (row < 0) return "null";
  const log = play.machine.sockets[0]!.records;
  return `${"mABC"[row]}${log.sn(row)}${at < log.start(row) ? "" : "+"}${at - log.start(row)}`;
}

test("tls_get_record: the worked example of kernel.md section 4", () => {
  const fresh = workedExample();
  const table: [number, string][] = [
    [999, "m0-1"],
    [1000, "A1+0"],
    [1128, "A1+128"],
    [1129, "B2+0"],
    [1500, "B2+371"],
    [17541, "B2+16412"],
    [17542, "C3+0"],
    [17580, "C3+38"],
    [17581, "null"],
  ];
  for (const [at, expected] of table) assert.equal(got(fresh, at), expected, `get(${at})`);
});

test("tls_get_record after acknowledgements: the worked example's second half", () => {
  const marker = workedExample([1128]);
  assert.equal(marker.state.head, 1, "ack 1128 removes the marker only");
  assert.deepEqual(
    [999, 1000].map((at) => got(marker, at)),
    ["null", "A1+0"],
  );
  const first = workedExample([1128, 1129]);
  assert.equal(first.state.head, 2, "ack 1129 removes A");
  assert.deepEqual(
    [1128, 1129].map((at) => got(first, at)),
    ["null", "B2+0"],
  );
  const last = workedExample([1128, 1129, 17580]);
  assert.equal(last.state.head, 3, "ack 17580 removes no more than B");
  assert.deepEqual(
    [17541, 17542, 17580].map((at) => got(last, at)),
    ["null", "C3+0", "C3+38"],
  );
  const none = workedExample([17581]);
  assert.equal(none.state.head, none.state.tail, "everything is acknowledged");
  assert.deepEqual(
    [999, 1000, 17580, 17581].map((at) => got(none, at)),
    ["null", "null", "null", "null"],
  );
});

test("tls_get_record by generation: before v5.6 the head is the answer for what is acknowledged (kernel.md section 4)", () => {
  const after = (kernel: string, acks: number[], places: number[]) => {
    const play = workedExample(acks, kernel);
    return places.map((at) => got(play, at));
  };
  for (const kernel of ["v4.19", "v5.8", "v6.18", "next"]) {
    const isOld = kernel === "v4.19";
    const same = ["m0-1", "A1+0", "A1+128", "B2+0", "B2+371", "null"];
    assert.deepEqual(after(kernel, [], [999, 1000, 1128, 1129, 1500, 17581]), same, kernel);
    assert.deepEqual(after(kernel, [1128], [999, 1000]), isOld ? ["A1-1", "A1+0"] : ["null", "A1+0"], kernel);
    assert.deepEqual(
      after(kernel, [1129], [1128, 1129]),
      isOld ? ["B2-1", "B2+0"] : ["null", "B2+0"],
      kernel,
    );
    assert.deepEqual(
      after(kernel, [17580], [1000, 17581]),
      isOld ? ["C3-16542", "null"] : ["null", "null"],
      kernel,
    );
    assert.deepEqual(after(kernel, [17581], [1000, 17580]), ["null", "null"], `${kernel}: an empty list`);
  }
});

test("acknowledgements release whole records, at their last byte and never twice (kernel.md section 3)", () => {
  const story = "send 300; send 10; ack 0; ack 328; ack 329; ack 200; ack 340; ack 368";
  const happenings = new Play({ startSeq: 0xffffff00 }, story).rest().slice(2);
  const effects = happenings.map((happening) => happening.effects.join(", "));
  assert.deepEqual(effects, [
    "acknowledged ack=0 released=0",
    "acknowledged ack=328 released=0",
    "record-released record=1 ack=329, acknowledged ack=329 released=1",
    "",
    "acknowledged ack=340 released=0",
    "record-released record=2 ack=368, acknowledged ack=368 released=1",
  ]);
});

/** The hint as a row after each lookup; `ack N` in between acknowledges. */
function hints(...steps: (number | string)[]): number[] {
  const acks = steps.filter((one) => typeof one === "string");
  const play = new Play(
    { startSeq: 1000, recSeq0: 1n },
    ["send 100; send 16384; send 10", ...acks].join(";"),
  );
  for (let i = 0; i < 3; i++) play.next();
  return steps.map((one) => {
    if (typeof one === "string") play.next();
    else getRecord(play.socket, seq(one));
    return play.state.hint;
  });
}

test("the hint moves to later records only, until an acknowledgement reaches its end (invariant I5)", () => {
  assert.deepEqual(hints(999), [0], "the marker can be the hint");
  assert.deepEqual(hints(1000, 17542, 1000, 1500), [1, 3, 3, 3], "it does not move back");
  assert.deepEqual(hints(1500, "ack 129", "ack 16541", "ack 16542"), [2, 2, 2, -1], "B ends at 16542");
  assert.deepEqual(hints(17581), [-1], "a failed lookup leaves it alone");
  assert.deepEqual(hints(1500, "ack 16542", 1500, 17550), [2, -1, -1, 3], "acknowledged bytes are not found");
});
