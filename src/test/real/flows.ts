import { readFileSync } from "node:fs";
import path from "node:path";
import type { Study } from "../../study/study.ts";
import { studyOf } from "../studies.ts";
import { shortest } from "./tshark.ts";

/** What the corpus's index says of a direction; `offload_start_seq` is absolute, null where nothing is opened. */
export interface FlowFacts {
  tx: boolean;
  src: string;
  dst: string;
  segs: number;
  offload_start_seq: number | null;
  offload_start_rec_seq: number | null;
  key_updates?: number;
  off_retx: number;
  off_resyncs: number;
}

/** What it says of a capture. */
export interface CaptureFacts {
  name: string;
  file: string;
  keylog?: string;
  size: number;
  flows: FlowFacts[];
}

/** A direction that is opened from its offload start on. */
export interface OpenedFlow {
  study: Study;
  connection: number;
  facts: FlowFacts;
  start: number;
  /** `ADDRESS:PORT>ADDRESS:PORT` */
  tuple: string;
  /** The capture's name and the tuple, for messages. */
  name: string;
}

export const captureFacts = (corpus: string): CaptureFacts[] =>
  (JSON.parse(readFileSync(path.join(corpus, "index.json"), "utf8")) as { cases: CaptureFacts[] }).cases;

/** The directions of a capture of the corpus, read with all copies, that tshark can tell apart and that are opened. */
export async function openedFlows(corpus: string, capture: CaptureFacts): Promise<OpenedFlow[]> {
  const keys = capture.keylog ? [path.join(corpus, capture.keylog)] : [];
  const study = await studyOf(path.join(corpus, capture.file), { keys, profile: "connectx", copies: "keep" });
  const tuples = capture.flows.map(({ src, dst }) => `${shortest(src)}>${shortest(dst)}`);
  return capture.flows.flatMap((facts, i) => {
    const tuple = tuples[i]!;
    const start = facts.offload_start_seq;
    // Of addresses used again tshark's fields do not tell whose a frame is.
    if (start === null || tuples.indexOf(tuple) !== tuples.lastIndexOf(tuple)) return [];
    const stream = study.trace.streams.find(({ name }) => name === tuple);
    // Of a suite that cannot be opened nothing says where the offload starts in TLS 1.3: corpus.test.ts knows of it.
    if (stream === undefined || stream.cipher === null || stream.connection < 0) return [];
    return [{ study, connection: stream.connection, facts, start, tuple, name: `${capture.name} ${tuple}` }];
  });
}
