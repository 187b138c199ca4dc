import assert from "node:assert/strict";
import { test } from "node:test";
import { Rekey } from "../core/machine/state.ts";
import { profileById, profiles } from "../core/profiles/all.ts";
import { modelReports, type SocketCounts } from "../judge/evidence/expected.ts";
import { Timeline } from "../replay/timeline.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { finished } from "../trace/platform.ts";
import { failuresOf } from "./simulator/check.ts";
import { Dice } from "./simulator/dice.ts";

/**
 * The law that the kernel's own test of rekeys checks (drivers/net/hw/tls_hw_offload.py, verify_tls_counters()): every
 * rekey ends in one way, at most one of a socket is cut off by its close, and none is left under way.
 */
const runs = 120;
const firstSeed = Number(process.env.SEED ?? 8000);

/** A sender that changes its keys all the time, on a device that comes, goes and refuses. */
function rekeyingStory(dice: Dice, profile: string): string {
  const lines = [
    `device nic profile=${profile} kernel=next`,
    `device other profile=${profile} kernel=next`,
    `connection a device=nic version=1.3 cipher=aes-128-gcm seq=${dice.one(1000, 4294967000)}`,
  ];
  let [pushed, sent, open] = [0, 0, false];
  const events = dice.from(10, 60);
  for (let i = 0; i < events; i++) {
    const from = dice.one(sent, dice.from(0, sent));
    const end = Math.min(pushed, from + dice.one(100, 1022, 4000));
    const kind = dice.weighted({ send: 5, rekey: 4, ack: 5, transmit: 6, device: 2, route: 0.5 });
    if (kind === "send") {
      const size = dice.one(0, 10, 1000);
      const more = dice.chance(0.2);
      lines.push(`+0 a send ${size}${more ? " more" : ""}`);
      pushed += more ? 0 : size + 22;
      open = more;
    } else if (kind === "rekey") lines.push("+0 a rekey");
    else if (kind === "ack") lines.push(`+0 a < ack ${dice.one(sent, dice.from(0, sent))}`);
    else if (kind === "device")
      lines.push(`+0 nic ${dice.one("refuse", "refuse", "accept", "accept", "down", "up")}`);
    else if (kind === "route") lines.push(`+0 a reroute ${dice.one("nic", "other")}`);
    else if (end > from) {
      lines.push(`+0 a > ${from}:${end}(${end - from})${dice.one("", "", " lost")}`);
      sent = Math.max(sent, end);
    }
  }
  if (dice.chance(0.5) || open) lines.push("+0 a close");
  return `${lines.join("\n")}\n`;
}

const rekeysOf = (story: string): number => story.split("a rekey").length - 1;

function lawBroken(counts: SocketCounts, rekeys: number, pending: number): string | null {
  const { TlsTxRekeyOk: ok, TlsTxRekeyFallback: fallback, TlsTxRekeyAborted: aborted } = counts;
  if (ok + fallback + aborted + pending !== rekeys) return `${ok} + ${fallback} + ${aborted} of ${rekeys}`;
  if (aborted > 1) return `${aborted} aborted`;
  if (counts.TlsCurrTxRekey !== pending) return `${counts.TlsCurrTxRekey} under way, not ${pending}`;
  return counts.TlsTxRekeyError === 0 ? null : "errors";
}

for (const profile of profiles.filter(({ id, recovery }) => recovery !== "chain" && takes13(id)))
  test(`${profile.id}: each of a socket's rekeys ends once, and every packet is what the reference says`, () => {
    const seen = { ok: 0, fallback: 0, aborted: 0, pending: 0 };
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const story = rekeyingStory(new Dice(seed), profile.id);
      const trace = parseTrace("law", story, profileById);
      assert.deepEqual(
        trace.diagnostics.filter(({ severity }) => severity === "error"),
        [],
        `seed ${seed}`,
      );
      const timeline = new Timeline(trace).runAll();
      const [counts] = finished(modelReports(timeline)).counts;
      const { rekey } = timeline.stateBefore(0, timeline.eventCount);
      const pending = rekey === Rekey.pending || rekey === Rekey.ready ? 1 : 0;
      assert.equal(lawBroken(counts!, rekeysOf(story), pending), null, `seed ${seed}:\n${story}`);
      assert.deepEqual(failuresOf(trace), [], `seed ${seed}:\n${story}`);
      seen.ok += counts!.TlsTxRekeyOk;
      seen.fallback += counts!.TlsTxRekeyFallback;
      seen.aborted += counts!.TlsTxRekeyAborted;
      seen.pending += pending;
    }
    for (const [end, count] of Object.entries(seen)) assert.ok(count > 20, `${end}: ${count}`);
  });

/** Families whose driver takes TLS 1.3: the others leave it to software, where a rekey is done at once. */
function takes13(id: string): boolean {
  return profileById(id)!.versions.includes(0x0304);
}
