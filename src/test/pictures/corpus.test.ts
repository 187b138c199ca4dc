import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { corpusFolder } from "../corpus.ts";
import { hasTshark, shortest } from "../real/tshark.ts";
import { studyOf } from "../studies.ts";
import { agree, framesOf } from "./meant.ts";

// The sequence–time picture of the corpus's captures against tshark's frames: every packet, copy, out-of-order transmit,
// acknowledgement and SACK block from the offload start on is in its lane, at its time and place, and nothing else is.

interface FlowFacts {
  src: string;
  dst: string;
  segs: number;
  offload_start_seq: number | null;
  off_retx: number;
  off_resyncs: number;
}

interface CaseFacts {
  name: string;
  file: string;
  keylog?: string;
  size: number;
  flows: FlowFacts[];
}

const folder = corpusFolder();

if (folder === null || !hasTshark())
  test("the pictures of the corpus's captures agree with tshark", (t) =>
    t.diagnostic(`${folder === null ? "the corpus" : "tshark"} is absent: nothing checked`));
else
  test("the pictures of the corpus's captures agree with tshark, frame by frame", async (t) => {
    const facts = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8")) as { cases: CaseFacts[] };
    const counts: Record<string, number> = {};
    for (const capture of facts.cases) await agrees(folder, capture, counts);
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts["out-of-order"]! > 400 && counts.again! > 400 && counts.sacked! > 1000);
  });

async function agrees(corpus: string, capture: CaseFacts, counts: Record<string, number>): Promise<void> {
  const file = path.join(corpus, capture.file);
  const study = await studyOf(file, {
    keys: capture.keylog ? [path.join(corpus, capture.keylog)] : [],
    profile: "connectx",
    copies: "keep",
  });
  const frames = framesOf(file);
  const tuples = capture.flows.map(({ src, dst }) => `${shortest(src)}>${shortest(dst)}`);
  for (const [i, flow] of capture.flows.entries()) {
    const tuple = tuples[i]!;
    // Of addresses used again tshark's fields do not tell whose a frame is.
    if (flow.offload_start_seq === null || tuples.indexOf(tuple) !== tuples.lastIndexOf(tuple)) continue;
    const stream = study.trace.streams.find(({ name }) => name === tuple);
    // Of a suite that cannot be opened nothing says where the offload starts in TLS 1.3: corpus.test.ts knows of it.
    if (stream === undefined || stream.cipher === null || stream.connection < 0) continue;
    const of = { study, connection: stream.connection, name: `${capture.name} ${tuple}` };
    const meant = agree(of, { frames, tuple, start: flow.offload_start_seq }, counts);
    // The corpus's facts, which another program has counted.
    assert.equal(meant.again.length, flow.off_retx, `${capture.name} ${tuple}: sent again`);
    assert.equal(meant["out-of-order"].length, flow.off_resyncs, `${capture.name} ${tuple}: out of order`);
  }
}
