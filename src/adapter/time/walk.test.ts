import assert from "node:assert/strict";
import { test } from "node:test";
import { everything, sample, session } from "../../test/dap-session.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import type { DapClient } from "../dap-client.ts";

const seed = Number(process.env.SEED ?? 20_261_128);

/** Where the debugger stands, without the way it came. */
const placeOf = async (client: DapClient): Promise<string> =>
  (await client.ask("evaluate", { expression: "where", context: "repl" })).result.replace(
    /, (forwards|backwards)$/,
    "",
  );

type Walk = (client: DapClient, roll: (below: number) => number) => Promise<unknown>;

const move =
  (command: string, args: object = {}): Walk =>
  (client) =>
    client.moves(command, { threadId: 1, ...args });
const say =
  (expression: string): Walk =>
  (client) =>
    client.moves("evaluate", { expression, context: "repl" });

/** Data that is watched on the stream that is looked at. */
const watched = [
  "watch driver.expectedSeq",
  "watch records.count if new < old",
  "watch seq 1:3000 sent again",
  "watch seq 0:20000 looked up, acknowledged",
  "unwatch all",
];

/** What a walk is made of. */
const walks: readonly Walk[] = [
  move("next"),
  move("stepIn"),
  move("stepOut"),
  move("stepBack"),
  move("stepBack", { granularity: "instruction" }),
  move("continue"),
  move("reverseContinue"),
  say("rover"),
  say("rout"),
  async (client, roll) => {
    const [, count] = / of (\d+)/.exec(await placeOf(client))!;
    return client.moves("goto", { threadId: 1, targetId: 1 + roll(Number(count)) });
  },
  // A fork is another session's: it leaves this one where it is.
  async (client, roll) => {
    const change = ["drop", "dup", "lose", "set driver.expectedSeq = 4344", "bug long-dump"][roll(5)]!;
    await client.send("evaluate", { expression: `fork ${change}`, context: "repl" });
  },
  (client, roll) => client.ask("evaluate", { context: "repl", expression: watched[roll(watched.length)]! }),
  (client, roll) =>
    client.ask("setExceptionBreakpoints", { filters: [["out-of-order"], ["resync"], []][roll(3)]! }),
];

test("any walk comes to the same values as going straight to where it ends", async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = seeded(seed);
  const roll = (below: number) => Math.floor(random() * below);
  for (const program of ["retransmission-in-record.tlstrace", "fast-retransmit.pkt", "lossy.pcap"].map(
    sample,
  )) {
    const client = session();
    await client.start({ program });
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 6; i++) await walks[roll(walks.length)]!(client, roll);
      const place = await placeOf(client);
      const straight = session();
      await straight.start({ program }, []);
      const [, event] = /^event (\d+) /.exec(place)!;
      await straight.moves("goto", { threadId: 1, targetId: Number(event) });
      if (place.includes("before it")) await say("rout")(straight, roll);
      const threadId = await threadAt(straight);
      for (let i = 0; i < 400 && (await placeOf(straight)) !== place; i++)
        await straight.moves("stepIn", { threadId });
      assert.equal(await placeOf(straight), place, `SEED=${seed} round ${round}`);
      assert.deepEqual(
        await everything(client, threadId),
        await everything(straight, threadId),
        `SEED=${seed} ${place}`,
      );
    }
  }
});

/** The thread that the event is of. */
async function threadAt(client: DapClient): Promise<number> {
  const { threadId } = client.told("stopped").at(-1)!;
  return threadId!;
}

test("Step Back undoes Step Over and Step In exactly, from wherever they began", async () => {
  for (const program of [
    "retransmission-in-record.tlstrace",
    "tso-many-records.tlstrace",
    "fast-retransmit.pkt",
  ].map(sample)) {
    for (const step of ["next", "stepIn", "stepOut"]) {
      const client = session();
      await client.start({ program, startAt: "entry" }, []);
      const places = [await placeOf(client)];
      // Inside an event, so that a step over begins in its middle, too.
      for (const command of ["stepIn", "stepIn", step, step, "stepIn", step, step, step]) {
        await client.moves(command, { threadId: 1 });
        const place = await placeOf(client);
        // At the end of the trace a step stays where it is, and there is nothing to undo.
        if (place !== places.at(-1)) places.push(place);
      }
      for (const place of places.slice(0, -1).reverse()) {
        await client.moves("stepBack", { threadId: 1 });
        assert.equal(await placeOf(client), place, `${step} in ${program}`);
      }
    }
  }
});
