import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session, textEnvironment } from "../test/dap-session.ts";
import type { DapClient } from "./dap-client.ts";

const header =
  "device eth0 profile=connectx mtu=1500\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=0\n";
const eventCount = 200_000;
/** 200,000 events: one write, then the same packet over and over. */
const long = `${header}+0 web send 16000\n${"+0 web > 0:1448(1448)\n".repeat(eventCount - 1)}`;
/** Counts every event of the long trace, of which each is looked at closely for its condition, and never stops. */
const never = { breakpoints: [{ name: "skb", condition: "packet.length > 0", hitCondition: ">1000000" }] };

const forking = { supportsStartDebuggingRequest: true, supportsProgressReporting: true };

const eventOf = (text: string | undefined) => Number(/\(event (\d+) of/.exec(text!)![1]);

/** A session on the long trace, on its way through it. */
async function running(): Promise<DapClient> {
  const client = session(textEnvironment(long));
  await client.start({ program: "/long.tlstrace", startAt: "entry" }, []);
  await client.ask("setFunctionBreakpoints", never);
  await client.ask("continue", { threadId: 1 });
  return client;
}

test("a long continue can be paused where it is, and goes on from there", async () => {
  const client = await running();
  assert.match(await client.refused("next", { threadId: 1 }), /running: pause it first/);
  const stop = await client.moves("pause");
  assert.equal(stop.reason, "pause");
  const event = eventOf(stop.text);
  assert.ok(event >= 1 && event < eventCount, stop.text);
  assert.equal((await client.stack())[0]!.line, event + 2);
  await client.ask("setFunctionBreakpoints", { breakpoints: [] });
  assert.equal((await client.moves("continue")).reason, "end of trace");
  await client.ask("setFunctionBreakpoints", never);
  await client.ask("reverseContinue", { threadId: 1 });
  const back = await client.moves("pause");
  assert.match(back.text!, /backwards\), [\d.]+ s$/);
});

test("a long run shows progress; cancelled, the session stays where it was", async () => {
  const client = session(textEnvironment(long));
  await client.start({ program: "/long.tlstrace", startAt: "entry" }, []);
  await client.ask("setFunctionBreakpoints", never);
  const source = { path: "/long.tlstrace" };
  const { targets } = await client.ask("gotoTargets", { source, line: 100_002 });
  await client.moves("goto", { threadId: 1, targetId: targets[0]!.id });
  const frames = async () => (await client.stack()).map(({ name, line }) => `${name} ${line}`);
  const before = await frames();
  for (const command of ["continue", "reverseContinue"]) {
    const started = client.next("progressStart");
    await client.ask(command, { threadId: 1 });
    const progress = await started;
    assert.deepEqual([progress.title, progress.cancellable], ["Looking for the next stop", true]);
    const stop = await client.moves("cancel", { progressId: progress.progressId });
    assert.deepEqual([stop.reason, eventOf(stop.text)], ["pause", 100_000], stop.text);
    assert.match(stop.text!, /^Cancelled: still where the run began/);
    assert.deepEqual(client.told("progressEnd").at(-1), { progressId: progress.progressId });
    assert.deepEqual(await frames(), before);
  }
});

test("breakpoints set during a continue stop it", async () => {
  const client = await running();
  const stopped = client.next("stopped");
  await client.ask("setExceptionBreakpoints", { filters: ["out-of-order"] });
  assert.equal((await stopped).reason, "exception");
});

test("opening a long trace can be cancelled, and the session launched again", async () => {
  const client = session(textEnvironment(long));
  await client.ask("initialize", { adapterID: "tlstrace" });
  const requestId = client.nextSeq;
  const launch = client.send("launch", { program: "/long.tlstrace" });
  await client.ask("cancel", { requestId });
  const answer = await launch;
  assert.deepEqual([answer.success, answer.message], [false, "cancelled"]);
  const initialized = client.next("initialized");
  await client.ask("launch", { program: "/long.tlstrace" });
  await initialized;
});

test("a fork of a long trace shows progress, for whatever it is made; cancelled, there is none", async () => {
  const client = session(textEnvironment(long));
  await client.start({ program: "/long.tlstrace", startAt: "entry" }, [], forking);
  await client.moves("goto", { threadId: 1, targetId: 100_000 });
  const say = (expression: string) => client.send("evaluate", { expression, context: "repl" });
  for (const change of ["drop", "dup", "lose", "set driver.expectedSeq = 100"]) {
    const started = client.next("progressStart");
    const made = say(`fork ${change}`);
    const { progressId, cancellable, message } = await started;
    assert.deepEqual([cancellable, message], [true, "making the fork"], change);
    await client.ask("cancel", { progressId });
    const answer = await made;
    assert.deepEqual([answer.success, answer.message], [false, "cancelled"], change);
    assert.equal((await client.ask("evaluate", { expression: "forks", context: "repl" })).result, "no forks");
  }
  assert.equal((await say("fork drop")).body.result, "fork 1: 100000: drop");
  const before = client.told("progressStart").length;
  // What there is is opened without being made again; it is compared and saved with progress.
  assert.equal((await say("fork open 1")).body.result, "fork 1");
  assert.equal(client.told("progressStart").length, before);
  for (const word of ["fork diff 1", "fork save 1 not-made.tlstrace"]) {
    const started = client.next("progressStart");
    const answer = say(word);
    const { progressId, message } = await started;
    assert.equal(message, "making the fork", word);
    await client.ask("cancel", { progressId });
    assert.deepEqual([(await answer).success, (await answer).message], [false, "cancelled"], word);
  }
  // Its own session makes it, too.
  const child = session(textEnvironment(long));
  await child.ask("initialize", { adapterID: "tlstrace", supportsProgressReporting: true });
  const requestId = child.nextSeq;
  const launch = child.send("launch", { program: "/long.tlstrace", edits: ["100000: drop"] });
  const isForking = () =>
    [...child.told("progressStart"), ...child.told("progressUpdate")].some(
      ({ message }) => message === "making the fork",
    );
  while (!isForking()) await new Promise((resolve) => setTimeout(resolve, 5));
  await child.ask("cancel", { requestId });
  const answer = await launch;
  assert.deepEqual([answer.success, answer.message], [false, "cancelled"]);
});

test("goto jumps to a line's event, in both directions", async () => {
  const client = session(textEnvironment(long));
  const source = { path: "/long.tlstrace" };
  await client.start({ program: source.path, startAt: "entry" }, []);
  const go = async (line: number) => {
    const { targets } = await client.ask("gotoTargets", { source, line });
    assert.equal(targets[0]!.line, line);
    return client.moves("goto", { threadId: 1, targetId: targets[0]!.id });
  };
  const there = await go(150_002);
  assert.deepEqual([there.reason, eventOf(there.text)], ["goto", 150_000]);
  assert.match(there.text!, /after skb, forwards/);
  assert.equal(await client.value("driver.counters.tx_tls_ooo"), "149997");
  const back = await go(5);
  assert.match(back.text!, /event 3 of 200000, after skb, backwards/);
  assert.equal(await client.value("driver.counters.tx_tls_ooo"), "0");
  assert.deepEqual((await client.ask("gotoTargets", { source, line: 200_003 })).targets, []);
  assert.match(await client.refused("goto", { threadId: 1, targetId: 0 }), /no event 0/);
});

test("restart reads the file again, keeps breakpoints and begins anew", async () => {
  let text = `${header}+0 web send 1000\n+0 web > 0:500(500)\n+0 web > 500:1022(522)\n`;
  const client = session(textEnvironment(() => text));
  const source = { path: "/changing.tlstrace" };
  await client.launch({ program: source.path });
  const { breakpoints } = await client.ask("setBreakpoints", { source, breakpoints: [{ line: 5 }] });
  const first = await client.moves("configurationDone");
  assert.match(first.text!, /^Line 5 \(event 3 of 3/);

  text = text.replace("+0 web > 500:1022(522)", "# here nothing happens\n+0 web > 500:1022(522)");
  const again = await client.moves("restart", {});
  assert.match(again.text!, /^Line 6 \(event 3 of 3/);
  assert.deepEqual(again.hitBreakpointIds, first.hitBreakpointIds);
  const moved = client.told("breakpoint").at(-1)!;
  assert.deepEqual(
    [moved.reason, moved.breakpoint.id, moved.breakpoint.line],
    ["changed", breakpoints[0]!.id, 6],
  );

  const changed = { arguments: { program: source.path, startAt: "entry" } };
  assert.equal((await client.moves("restart", changed)).reason, "entry");
});

test("restart during a continue tells one stop only: the new one", async () => {
  const client = await running();
  const before = client.told("stopped").length;
  const stop = await client.moves("restart", {});
  assert.equal(stop.reason, "entry");
  assert.equal(client.told("stopped").length, before + 1);
});

test("disconnect ends a continue and closes the trace", async () => {
  const client = await running();
  await client.ask("disconnect");
  assert.match(await client.refused("stackTrace", { threadId: 1 }), /no trace is open/);
});

test("the shipped sample restarts to the same stop", async () => {
  const client = session();
  const first = await client.start({
    program: sample("retransmission-in-record.tlstrace"),
    startAt: "firstOutOfOrder",
  });
  assert.equal((await client.moves("restart", {})).text, first.text);
});

test("what an expression counts is gone through in pieces: meanwhile others are answered", async () => {
  const client = session(textEnvironment(long));
  await client.start({ program: "/long.tlstrace", startAt: "end" }, []);
  const expression = "count(transmits where packet.length > 1)";
  const answers: string[] = [];
  const counted = client.value(expression).then((value) => answers.push(value));
  // What a turn of the session's begins, another request of the next turn finds begun.
  const threads = client.ask("threads").then(() => answers.push("threads"));
  await Promise.all([counted, threads]);
  assert.deepEqual(answers, ["threads", String(eventCount - 1)]);
  client.session.dispose();
});
