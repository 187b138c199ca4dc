import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { corpusFolder } from "../corpus.ts";
import { type CaptureFacts, captureFacts, openedFlows } from "../real/flows.ts";
import { hasTshark } from "../real/tshark.ts";
import { agree, framesOf } from "./meant.ts";

// The sequence–time picture of the corpus's captures against tshark's frames: every packet, copy, out-of-order transmit,
// acknowledgement and SACK block from the offload start on is in its lane, at its time and place, and nothing else is.

const folder = corpusFolder();

if (folder === null || !hasTshark())
  test("the pictures of the corpus's captures agree with tshark", (t) =>
    t.diagnostic(`${folder === null ? "the corpus" : "tshark"} is absent: nothing checked`));
else
  test("the pictures of the corpus's captures agree with tshark, frame by frame", async (t) => {
    const counts: Record<string, number> = {};
    for (const capture of captureFacts(folder)) await agrees(folder, capture, counts);
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts["out-of-order"]! > 400 && counts.again! > 400 && counts.sacked! > 1000);
  });

async function agrees(corpus: string, capture: CaptureFacts, counts: Record<string, number>): Promise<void> {
  const frames = framesOf(path.join(corpus, capture.file));
  for (const flow of await openedFlows(corpus, capture)) {
    const { facts, start, tuple, name } = flow;
    const meant = agree(flow, { frames, tuple, start }, counts);
    // The corpus's facts, which another program has counted.
    assert.equal(meant.again.length, facts.off_retx, `${name}: sent again`);
    assert.equal(meant["out-of-order"].length, facts.off_resyncs, `${name}: out of order`);
  }
}
