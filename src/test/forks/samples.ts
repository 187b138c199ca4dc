import { readFileSync } from "node:fs";
import path from "node:path";
import { profileById } from "../../core/profiles/all.ts";
import { connectx } from "../../core/profiles/connectx.ts";
import { openFile } from "../../node/open-file.ts";
import { nodePlatform } from "../../node/platform.ts";
import { Timeline } from "../../replay/timeline.ts";
import { wordEffect } from "../../replay/view/effect-text.ts";
import { viewAt } from "../../replay/view/view.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { printEvent } from "../../trace/language/print.ts";
import { openTrace } from "../../trace/open.ts";
import { parsePacketdrill } from "../../trace/packetdrill/script.ts";
import { noProgress } from "../../trace/platform.ts";
import type { Trace } from "../../trace/trace.ts";

/** What forks are made of in tests: samples, and what the model says of their events. */
const folder = "media/samples";
const text = (name: string) => readFileSync(path.join(folder, name), "utf8");
export const story = parseTrace("story", text("retransmission-in-record.tlstrace"), profileById);
export const script = parsePacketdrill("fast-retransmit.pkt", text("fast-retransmit.pkt"), connectx);
export const captured = (): Promise<Trace> =>
  openTrace(
    openFile(path.join(folder, "lossy.pcap")),
    [text("lossy.keys")],
    { profile: null, streams: [], tap: "auto", offloadStart: "after-finished" },
    nodePlatform,
    noProgress,
  );

/** What the model says of each event, a line an event. */
export function effectsOf(trace: Trace): string[] {
  const timeline = new Timeline(trace).runAll();
  return Array.from({ length: trace.events.count }, (_, event) => {
    const { stages } = timeline.record(event);
    const texts = stages.flatMap(({ effects }, stage) =>
      effects.map((effect) => wordEffect(viewAt(timeline, { event, stage }), effect)),
    );
    const line = printEvent({ ...trace, kind: "text" }, event)
      .replaceAll(/\s+/g, " ")
      .replace(" web", "");
    return `${line} ⇒ ${texts.join("; ")}`;
  });
}

/** Without what its bytes decide: a text has neither keys nor payload of a capture, and a NIC out of step reads its records there. */
export const byteless = (line: string): string =>
  line.replaceAll(/(; )?(wrong-\w+|plaintext|placeholder) seq=-?\d+ bytes=\d+/g, "");
