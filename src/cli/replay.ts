import { wireFindings } from "../judge/wire-verdict.ts";
import { Findings } from "../replay/findings.ts";
import { goldenLines } from "../report/golden.ts";
import { linesOf, overlayLines } from "../report/lines.ts";
import { evidenceLines, overlayOf } from "./evidence.ts";
import { load } from "./load.ts";
import { complain, type LoadFlags, selectedStreams } from "./open.ts";
import { print } from "./output.ts";

/** `tlstrace replay`: what the model says of every event, as golden text or as JSON lines. */
export async function replay(file: string, flags: LoadFlags & { json?: boolean }): Promise<void> {
  const timeline = await load(file, flags);
  const streams = selectedStreams(timeline.trace, flags);
  complain(file, timeline.trace);
  const overlay = overlayOf(timeline, flags.evidence);
  if (!flags.json) {
    const connections = new Set(streams.flatMap(({ connection }) => (connection < 0 ? [] : [connection])));
    const findings = new Findings({ findings: [...wireFindings(timeline), ...(overlay?.findings ?? [])] });
    await print(goldenLines({ timeline, findings }, connections));
    return print(overlay === null ? [] : evidenceLines(overlay));
  }
  for (const stream of streams) await print(jsonOf(linesOf(timeline, stream)));
  if (overlay !== null) await print(jsonOf(overlayLines(timeline, overlay)));
}

function* jsonOf(lines: Iterable<object>): Generator<string> {
  for (const line of lines) yield JSON.stringify(line);
}
