import assert from "node:assert/strict";
import { test } from "node:test";
import { fileBeside } from "../damage/flipped.ts";
import { hasTshark, shortest } from "../real/tshark.ts";
import { studyOf } from "../studies.ts";
import { madeCapture } from "./made.ts";
import { agree, framesOf } from "./meant.ts";

// The same of captures that are made: numbers that wrap, IPv6 and VLANs, clocks that stand still, go back or leave out a
// day, several connections with both their directions, copies of parts, segments larger than any MTU, probes, resets.

const seeds = Array.from(
  { length: Number(process.env.CASES ?? 12) },
  (_, i) => Number(process.env.SEED ?? 1) + i,
);

if (!hasTshark())
  test("the pictures of captures that are made agree with tshark", (t) =>
    t.diagnostic("tshark is absent: nothing checked"));
else
  test("the pictures of captures that are made agree with tshark, frame by frame", async (t) => {
    const counts: Record<string, number> = {};
    for (const seed of seeds) {
      const { bytes, keyLog, streams } = madeCapture(seed);
      const file = fileBeside(`made${seed}.pcap`, bytes);
      const keys = [fileBeside(`made${seed}.keys`, keyLog)];
      const study = await studyOf(file, { keys, profile: "connectx", copies: "keep" });
      const frames = framesOf(file);
      for (const { tuple, start } of streams) {
        const name = tuple.split(">").map(shortest).join(">");
        const stream = study.trace.streams.find((each) => each.name === name);
        assert.ok(stream && stream.connection >= 0, `seed ${seed}, ${tuple}: ${stream?.note}`);
        const of = { study, connection: stream.connection, name: `seed ${seed}, ${tuple}` };
        agree(of, { frames, tuple: stream.name, start }, counts);
      }
    }
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts["out-of-order"]! > 300 && counts.again! > 300 && counts.sacked! > 20);
  });
