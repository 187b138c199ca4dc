import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { Timeline } from "../../replay/timeline.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { printTrace } from "../../trace/language/print.ts";

const head = `device  eth0 profile=connectx mtu=1500
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=5
`;

/** The trace of a story, and its errors. */
const read = (story: string) => {
  const trace = parseTrace("story", head + story, profileById);
  return { trace, errors: trace.diagnostics.map(({ message }) => message) };
};

/** Records 5, 6 and 7 are rows 1, 2 and 3: 16413, 16413 and 7261 bytes. */
const story = (line: string) => `+0     web send 40000
+0     web > 0:1448(1448)
+0     ${line}
`;

test("a value is set, and nothing else of the state", () => {
  for (const [line, changed] of [
    ["web set driver.expectedSeq 4344", { expectedSeq: 4344 }],
    ["web set driver.postedRecordSn 7", { postedRow: 3 }],
    // A record that the map has not.
    ["web set driver.postedRecordSn 9", {}],
    ["web set driver.paramsPosted 0", { paramsPosted: 0 }],
    ["web set driver.resyncPending 1", { resyncPending: 1 }],
    ["web set nic.expectedSeq 16500", { nicRow: 2, nicTaken: 87, nicSeq: 16500 }],
    ["web set nic.recordSn 7", { nicRow: 3 }],
    // The last record is 7261 bytes long, and its offset stays within.
    ["web set nic.recordSn 5", {}],
  ] as const) {
    const { trace, errors } = read(story(line));
    assert.deepEqual(errors, [], line);
    const timeline = new Timeline(trace).runAll();
    const before = { ...timeline.stateBefore(0, 2) };
    assert.deepEqual({ ...timeline.stateBefore(0, 3) }, { ...before, ...changed }, line);
  }
});

test("what a device becomes holds from there on, whichever way one comes", () => {
  const { trace, errors } = read(
    `${story("eth0 become connectx/long-dump")}+0     web > 2896:4344(1448)\n+0     eth0 become netronome@v5.8\n+0     web < ack 1448\n`,
  );
  assert.deepEqual(errors, []);
  const timeline = new Timeline(trace).runAll();
  const [socket] = timeline.machine.sockets;
  const at = (event: number): string => {
    timeline.stateBefore(0, event);
    return `${socket!.profile.id} ${socket!.kernel.id}`;
  };
  const kernel = at(0).split(" ")[1];
  const forwards = [0, 1, 2, 3, 4, 5].map(at);
  assert.deepEqual(forwards, [
    ...[0, 1, 2].map(() => `connectx ${kernel}`),
    ...[3, 4].map(() => `connectx/long-dump ${kernel}`),
    "netronome v5.8",
  ]);
  assert.deepEqual([5, 4, 3, 2, 1, 0].map(at).reverse(), forwards);
  // A snapshot lies behind 500 events; the way back begins there.
  const many = read(`${story("eth0 become netronome")}${"+0     web < ack 0\n".repeat(1200)}`).trace;
  const long = new Timeline(many).runAll();
  assert.equal(long.machine.sockets[0]!.profile.id, "netronome");
  long.stateBefore(0, 1);
  assert.equal(long.machine.sockets[0]!.profile.id, "connectx");
  long.stateBefore(0, 1100);
  assert.equal(long.machine.sockets[0]!.profile.id, "netronome");
});

test("a device of its own family goes on from what it finds, one of another in step where the driver stands", () => {
  // 1448:2896 never reaches the driver, which is made to expect what comes behind: the NIC is left at 1448.
  const after = (id: string) => {
    const { trace } = read(`${story("web set driver.expectedSeq 2896")}+0     eth0 become ${id}\n`);
    const { nicRow, nicTaken, nicInStep } = new Timeline(trace).runAll().stateBefore(0, 4);
    return { nicRow, nicTaken, nicInStep };
  };
  assert.deepEqual(after("connectx/unfenced-params"), { nicRow: 1, nicTaken: 1448, nicInStep: 1 });
  assert.deepEqual(after("innova"), { nicRow: 1, nicTaken: 2896, nicInStep: 1 });
});

test("what cannot be set or become is told at its place, and what can prints as it is read", () => {
  for (const [line, message] of [
    ["web set", /behind set stand a path and a value/],
    ["web set driver.expectedSeq", /behind set stand a path and a value/],
    ["web set driver.counters 3", /nothing of this name can be set; there is driver\.expectedSeq/],
    ["web set driver.expectedSeq here", /a value/],
    ["web set driver.paramsPosted 2", /a value/],
    ["web set nic.recordSn -1", /a value/],
    ["eth0 become", /a profile is missing; write `become connectx\/long-dump`/],
    ["eth0 become conectx", /no profile of this name; there are connectx, /],
    ["eth0 become connectx/no-such-bug", /connectx has no such bug or kernel/],
  ] as const) {
    const { errors } = read(story(line));
    assert.equal(errors.length, 1, line);
    assert.match(errors[0]!, message, line);
  }
  const { trace } = read(`${story("web set nic.recordSn 6")}+0     eth0 become innova@v4.19\n`);
  assert.equal(printTrace(parseTrace("", printTrace(trace), profileById)), printTrace(trace));
  assert.match(printTrace(trace), /web set nic\.recordSn 6\n\+0 {5}eth0 become innova@v4\.19\n$/);
});
