import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { everything, sample, session } from "../../test/dap-session.ts";
import { seeded } from "../../test/simulator/mutate.ts";
import type { DapClient } from "../dap-client.ts";

const seed = Number(process.env.SEED ?? 20_261_128);

/** Changes that can be made nearly everywhere. */
const changes = [
  "drop",
  "dup",
  "delay 2ms",
  "lose",
  "ack 1448",
  "fail descriptor",
  "device down",
  "profile netronome",
  "kernel v5.8",
  "bug long-dump",
  "set driver.expectedSeq = 4344",
  "set nic.expectedSeq = 100",
];

const type = async (client: DapClient, expression: string): Promise<string> =>
  (await client.ask("evaluate", { expression, context: "repl" })).result;

/** All that Variables show at an event, but for the line that it stands at: a saved fork says at its head what it is. */
async function viewAt(client: DapClient, event: number): Promise<string[]> {
  const { threadId } = await client.moves("goto", { threadId: 1, targetId: event });
  return (await everything(client, threadId)).filter((line) => !line.startsWith("Packet.line "));
}

test("forks leave a session where it is, and show what the trace shows that they are saved as", async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = seeded(seed);
  const roll = (below: number) => Math.floor(random() * below);
  const folder = mkdtempSync(path.join(tmpdir(), "fork-views-"));
  let made = 0;
  for (const program of ["retransmission-in-record.tlstrace", "fast-retransmit.pkt"].map(sample))
    for (let round = 0; round < 12; round++) {
      const parent = session();
      await parent.start({ program, startAt: "entry" }, [], { supportsStartDebuggingRequest: true });
      const event = 1 + roll(9);
      const before = await viewAt(parent, event);
      const change = changes[roll(changes.length)]!;
      const answer = await parent.send("evaluate", { expression: `fork ${change}`, context: "repl" });
      assert.deepEqual(await viewAt(parent, event), before, `SEED=${seed} ${change} at ${event}`);
      if (!answer.success) continue;
      made++;
      const file = path.join(folder, `${made}.tlstrace`);
      await type(parent, `fork save ${file}`);
      const child = session();
      await child.start(parent.asked.at(-1)!.arguments.configuration, [], {});
      const saved = session();
      await saved.start({ program: file }, []);
      for (let look = 0; look < 3; look++) {
        const at = 1 + roll(8);
        const views = [await viewAt(child, at), await viewAt(saved, at)];
        assert.deepEqual(
          views[0],
          views[1],
          `SEED=${seed} ${change} at ${event} of ${program}, seen at ${at}`,
        );
      }
    }
  assert.ok(made > 10, `${made} forks`);
});
