import assert from "node:assert/strict";
import { test } from "node:test";
import { lastOf, Play, setupOf } from "../../test/scenario.ts";

const says = (id: string, story: string) => lastOf(setupOf(id), story)[0];
const two = "send 100; send 100";

test("a reset of another device's queue leaves the context alone (kernel.md section 5.8)", () => {
  const story = `${two}; > 0:50; route 1; > 50:60; reset 1; route 0; > 50:129`;
  assert.equal(says("chelsio-t6@v6.18", story), "piece form=end length=79, encrypted seq=50 length=79");
  const dead = `${two}; > 0:9; > 200:258; route 1; reset 1; route 0; > 200:258`;
  const stopped = new Play({ ...setupOf("connectx/long-dump@v6.18"), mtu: 20 }, dead).rest().at(-1)!;
  assert.equal(stopped.effects.at(-1), "dropped reason=queue-error length=58");
});

test("another device's driver refuses what it is asked, not the context's (kernel.md section 2.4, step 2)", () => {
  const pending = `${two}; > 0:10; > 20:30; route 1; refuse 1; route 0; send 100`;
  assert.match(says("netronome@v6.18", pending), /resync-sent seq=258 record=3/);
});

test("what happens to a device or a route is said (kernel.md sections 2.9 and 5.8)", () => {
  const stories = {
    "down; up": "device-up device=0",
    hold: "queue-held device=0",
    "route 1": "rerouted device=1",
  };
  for (const [story, effect] of Object.entries(stories))
    assert.equal(says("connectx@v6.18", `${two}; ${story}`), effect);
});

test("what waits is taken in order when the queue goes on (kernel.md section 5.8)", () => {
  const held = `${two}; > 0:9; hold; > 9:129`;
  assert.equal(says("connectx@v6.18", held), "encrypted seq=9 length=120, waiting descriptors=1 length=120");
  const play = new Play(setupOf("connectx@v6.18"), `${held}; > 20:30; resume`);
  assert.deepEqual(play.rest().at(-1)!.effects, ["queue-resumed device=0 descriptors=5"]);
  assert.deepEqual(play.expected, [30, 30]);
  assert.deepEqual([play.state.dumpPackets, play.state.waitTail - play.state.waitHead], [1, 0]);
});

test("a reset takes what waits, and nothing but that, from a driver that does not know (kernel.md section 5.8)", () => {
  const play = new Play(setupOf("connectx@v6.18"), `${two}; > 0:9; hold; > 9:129; reset`);
  assert.deepEqual(play.rest().at(-1)!.effects, ["queue-reset device=0 descriptors=1"]);
  assert.deepEqual(play.expected, [129, 9]);
});

test("an acknowledgement between queueing and lookup: the record is gone, the packet is dropped (kernel.md section 3)", () => {
  assert.match(
    says("connectx@v6.18", `${two}; > 0:258; ack 258; > 129:258`),
    /lookup-failed seq=129, dropped reason=no-sync-data/,
  );
  // What the driver has posted already holds its own copy of the bytes.
  assert.equal(
    says("connectx@v6.18", `${two}; > 0:9; hold; > 9:258; ack 258; resume`),
    "queue-resumed device=0 descriptors=1",
  );
});
