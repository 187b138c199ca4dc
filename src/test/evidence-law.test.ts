import assert from "node:assert/strict";
import { test } from "node:test";
import { driverCountersOf } from "../core/machine/count.ts";
import { profiles } from "../core/profiles/all.ts";
import { layEvidence, type Overlay } from "../judge/evidence/evidence.ts";
import { findingText } from "../replay/findings.ts";
import { Timeline } from "../replay/timeline.ts";
import { readEvidence } from "../trace/evidence/evidence.ts";
import { ethtoolText, kernelTrace } from "./kernel-reports.ts";
import { generate, readStory } from "./simulator/generate.ts";
import { seeded } from "./simulator/mutate.ts";
import { studyOf } from "./studies.ts";

/** A kernel that does what the model says agrees with it, and one changed number is found: random traces, every family. */
const runs = 40;
const firstSeed = Number(process.env.SEED ?? 7000);

type File = { name: string; text: string };

const replay = (seed: number, profile: (typeof profiles)[number]): Timeline =>
  new Timeline(readStory(generate(seed, { profile, kernel: null }, true), profile)).runAll();

function filesOf(timeline: Timeline): File[] {
  const totals = new Map<string, number>();
  for (let c = 0; c < timeline.trace.connections.length; c++) {
    const { profile } = timeline.trace.devices[0]!;
    const moved = driverCountersOf(timeline.stateBefore(c, timeline.eventCount), profile);
    for (const [name, value] of Object.entries(moved)) totals.set(name, (totals.get(name) ?? 0) + value);
  }
  return [
    { name: "kernel.trace", text: kernelTrace(timeline) },
    { name: "before.txt", text: ethtoolText(timeline, totals, 1000, false) },
    { name: "after.txt", text: ethtoolText(timeline, totals, 1000, true) },
  ];
}

const lay = (timeline: Timeline, files: File[]): Overlay => layEvidence(timeline, readEvidence(files));

/** Numbers that the model has an opinion on. A socket's pointer means something only if it comes twice. */
const fieldPattern = /\b(tcp_seq|exp_tcp_seq|rec_no|ret|skaddr|sk)=(\w+|-\d+)/g;

/** One number of one line changed to another. */
function changed(text: string, random: () => number): string | null {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const matches = [...text.matchAll(fieldPattern)].filter(
    ([, name, value]) => !/^sk/.test(name!) || text.split(value!).length > 2,
  );
  if (matches.length === 0) return null;
  const { 0: whole, 1: name, 2: value, index } = pick(matches);
  const other =
    name === "ret"
      ? value === "0"
        ? "-95"
        : "0"
      : /^sk/.test(name!)
        ? "00000000ffff0000"
        : name === "rec_no"
          ? String(BigInt.asUintN(64, BigInt(value!) + 1n))
          : String((Number(value) + 1 + Math.floor(random() * 2 ** 31)) % 2 ** 32);
  return `${text.slice(0, index)}${name}=${other}${text.slice(index + whole.length)}`;
}

for (const profile of profiles) {
  test(`${profile.id}: evidence of what the model says agrees with it, any one change is found`, () => {
    const random = seeded(firstSeed);
    let [clear, tracepoints, counters, resyncs] = [0, 0, 0, 0];
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const timeline = replay(seed, profile);
      const files = filesOf(timeline);
      const overlay = lay(timeline, files);
      assert.deepEqual(overlay.findings.map(findingText), [], `seed ${seed}`);
      assert.equal(overlay.agreeing, overlay.counters);
      tracepoints += overlay.matched;
      resyncs += files[0]!.text.split("tls_device_tx_resync_send").length - 1;
      // Two connections with the same numbers: nobody can tell whose a change would be.
      if (overlay.summary.some((line) => line.includes("may be"))) continue;
      assert.equal(overlay.matched, overlay.tracepoints, `seed ${seed}`);
      clear++;
      const trace = changed(files[0]!.text, random);
      if (trace !== null) {
        const found = lay(replay(seed, profile), [{ ...files[0]!, text: trace }, files[1]!, files[2]!]);
        assert.ok(found.findings.length > 0, `seed ${seed}:\n${trace}\n${found.summary.join("\n")}`);
      }
      const after = files[2]!.text.replace(/: (\d+)$/m, (_, n: string) => `: ${Number(n) + 1}`);
      const found = lay(replay(seed, profile), [files[0]!, files[1]!, { ...files[2]!, text: after }]);
      assert.equal(found.findings.length, overlay.counters > 0 ? 1 : 0, `seed ${seed}`);
      counters += overlay.counters;
    }
    assert.ok(clear > runs / 2, `${clear} clear runs`);
    assert.ok(profile.id.startsWith("freebsd") || tracepoints > runs, `${tracepoints} tracepoints`);
    assert.equal(resyncs > 10, profile.recovery === "next-record", `${resyncs} resyncs`);
    // netdevsim's stand in debugfs.
    assert.equal(counters > 0, profile.id !== "netdevsim", `${counters} counters`);
  });
}

const capture = "media/samples/lossy.pcap";
const open = async (profile: string) =>
  (await studyOf(capture, { profile, keys: ["media/samples/lossy.keys"] })).timeline;

/** An offload is installed when the handshake is done, a capture knows it from its first record on: so much later. */
const earlier = (trace: string) =>
  trace.replace(
    /(\d+)(\.\d+: tls_device_offload_set)/g,
    (_, s: string, rest: string) => `${Number(s) - 1}${rest}`,
  );

for (const profile of ["connectx", "netronome"]) {
  test(`a capture under ${profile}: evidence of the model agrees, a retransmission less is found`, async () => {
    const trace = kernelTrace(await open(profile));
    const rows = trace.split("\n");
    const again = rows.flatMap((row, i) => (row.includes("tcp_retransmit_skb") ? [i] : []));
    assert.ok(again.length > 20, `${again.length} retransmissions`);
    for (const text of [trace, earlier(trace)]) {
      const overlay = lay(await open(profile), [{ name: "k", text }]);
      assert.deepEqual(overlay.findings.map(findingText), []);
      assert.equal(overlay.matched, overlay.tracepoints);
    }
    // The twelfth is a segment of its own, 1.5 ms after the one before; others are shown in two frames.
    const less = earlier(rows.toSpliced(again[11]!, 1).join("\n"));
    const { findings } = lay(await open(profile), [{ name: "k", text: less }]);
    assert.equal(findings.length, 1);
    assert.match(findings[0]!.text, /^the kernel reported no tcp_retransmit_skb/);
  });
}
