import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session, textEnvironment } from "../../test/dap-session.ts";

/** A session at the start of a file, told where to go: gives the event where it then stands, and what it answers. */
async function going(program: string, text?: string) {
  const client = text === undefined ? session() : session(textEnvironment(text));
  await client.start({ program, startAt: "entry" });
  await client.ask("setExceptionBreakpoints", { filters: [] });
  let said = "";
  const go = async (place: string): Promise<number> => {
    const from = client.events.length;
    said = (await client.ask("evaluate", { expression: `goto ${place}`, context: "repl" })).result;
    const stopped = client.events.slice(from).find(({ event }) => event === "stopped");
    return Number(/event (\d+) of/.exec(stopped!.body.text)![1]);
  };
  const refused = (place: string) =>
    client.refused("evaluate", { expression: `goto ${place}`, context: "repl" });
  return { client, go, refused, answer: () => said };
}

// Frame 30 is the listing's 28th event, at 12.402 ms; it sends byte 18566, which is 1262277878, and so does frame 45: tshark's fields.
test("of a capture frames lead to their packets, times and bytes to what tshark has there", async () => {
  const { client, go, refused, answer } = await going(sample("lossy.pcap"));
  for (const place of ["frame 30", "event 28", "line 31", "time 0.012402", "time 12402us", "12.402ms"])
    assert.equal(await go(place), 28, place);
  assert.match(await client.value("packet.event"), /> 18566:20014\(1448\)/);
  await go("start");
  assert.equal(await go("seq 18566 B>A"), 28);
  assert.match(answer(), /copy 1 of 2/);
  const again = await go("seq 18566");
  assert.match(answer(), /copy 2 of 2/);
  assert.equal(await go("frame 45"), again);
  assert.equal(await go("seq 18566"), 28, "behind the last copy the first again");
  await go("start");
  assert.equal(await go("seq 1262277878 B>A"), 28);
  assert.match(answer(), /on the wire/);
  await go("record 3 B>A");
  assert.match(await client.value("packet.event"), / B>A record 16413$/);
  // Frame 9 makes four events, a packet over the offload's start the first and the last of them.
  await go("frame 9");
  assert.match(await client.value("packet.event"), /> -258:0\(258\)/);
  // A SYN is of no offloaded stream.
  assert.equal(await go("frame 1"), 1);
  assert.match(answer(), /no event stands at frame 1; the next one is at frame \d+/);
  assert.match(await refused("frame 99999"), /the last frame with an event is 181, before 99999/);
  assert.match(await refused("seq 0 C>D"), /"C>D" is no stream; there is A>B, B>A/);
  assert.match(await refused("record 4711"), /no record 4711/);
});

test("a stream may be named by its addresses, too", async () => {
  const { go } = await going(sample("lossy.pcap"));
  assert.equal(await go("seq 18566 10.77.0.1:20019>10.77.0.2:46348"), 28);
});

const pauses =
  "device eth0\nconnection c device=eth0\n+0 c send 9\n+.5 c > 0:38(38)\n+.25 c < ack 38\n+2 c send 9\n";

test("a time with a sign is one from here", async () => {
  const { go, refused } = await going("/t.tlstrace", pauses);
  const places: [string, number][] = [
    ["+500ms", 2],
    ["+.1s", 3],
    ["time +2", 4],
    ["-2.1s", 3],
    ["-99s", 1],
    ["time .75", 3],
    ["2750000us", 4],
  ];
  for (const [place, event] of places) assert.equal(await go(place), event, place);
  assert.match(await refused("+99s"), /the trace ends before 101\.75 s/);
  assert.match(await refused("time soon"), /time takes seconds such as 1\.5, 20ms or \+1s, not "soon"/);
});

test("the clock of a capture may go back: a time is the first that is reached", async () => {
  const { go } = await going("/t.tlstrace", pauses.replace("+.25", "-.4"));
  assert.equal(await go("time 0.05"), 2);
  assert.equal(await go("time 0.6"), 4);
});

test("findings are counted in the order of events; without a number comes the next", async () => {
  const failing = pauses
    .replace(/( c > .*\n)/, "$1expect no encrypted\n")
    .replace(/( c < .*\n)/, "$1expect resync\n");
  const { go, refused, answer } = await going("/t.tlstrace", failing.replaceAll("expect", "       expect"));
  assert.equal(await go("finding"), 2);
  assert.match(answer(), /finding 1 of 2/);
  assert.equal(await go("finding"), 3);
  assert.equal(await go("finding"), 2, "behind the last the first again");
  assert.equal(await go("finding 2"), 3);
  assert.match(await refused("finding 3"), /there is no finding 3: 2 were found/);
});

test("records have their numbers again after a rekey: the same words go on to the next", async () => {
  const text = "device eth0\nconnection c device=eth0 version=1.3\n+0 c send 9\n+0 c rekey\n+0 c send 9\n";
  const { go } = await going("/t.tlstrace", text);
  await go("event 2");
  assert.deepEqual([await go("record 0"), await go("record 0")], [3, 1]);
});

test("a script's sequence numbers are its own, one more than the places that values and pictures have", async () => {
  const { client, go } = await going(sample("fast-retransmit.pkt"));
  await go("seq 1");
  assert.match(await client.value("packet.event"), /> 0:6000\(6000\)/);
  // Line 36 sends 8001:10001 while the driver expects 1001.
  await go("seq 8001");
  const said = async (expression: string) =>
    (await client.ask("evaluate", { expression, context: "repl" })).result;
  assert.match((await client.stack())[0]!.name, /skb/);
  const rows: [expression: string, says: string][] = [
    ["packet.seq", "8000 (8001)"],
    ["driver.expectedSeq", "1000 (1001)"],
    ["packet.seq == 8000", "true"],
    ["packet.seq == wire(8001)", "true"],
    ["packet.seq == 8001", "false"],
  ];
  for (const [expression, says] of rows) assert.equal(await said(expression), says, expression);
  assert.match(await said("why 8001"), /^conn0, byte 8001: record 1, byte 1971 of 6029/);
  assert.match(await said("watch seq 8001:8002"), /8001/);
  const picture = await client.ask("picture", { threadId: 1, kind: "sequence-time", columns: 100 });
  assert.equal(picture.firstNumber, 1);
});
