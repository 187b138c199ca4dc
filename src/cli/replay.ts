import { sha256 } from "../node/digest.ts";
import { evidenceLines } from "../report/evidence-lines.ts";
import { goldenLines } from "../report/golden.ts";
import { linesOf, overlayLines } from "../report/lines.ts";
import { streamsOf } from "../study/subject.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open, studied } from "./opened.ts";
import { print } from "./output.ts";

/** `tlstrace replay`: what the model says of every event, as golden text or as JSON lines. */
export async function replay(
  file: string,
  flags: ReadFlags & { json?: true; digests?: true; showKeys?: true },
): Promise<void> {
  const request = requestOf(file, flags);
  const study = await studied(await open(request));
  const { trace, timeline, overlay } = study;
  const streams = streamsOf(trace, request.streams);
  if (!flags.json) {
    const connections = new Set(streams.flatMap(({ connection }) => (connection < 0 ? [] : [connection])));
    await print(goldenLines(study, connections, flags.showKeys ? "stated" : "masked"));
    return print(overlay === null ? [] : evidenceLines(overlay));
  }
  for (const stream of streams) await print(jsonOf(linesOf(timeline, stream, flags.digests ? sha256 : null)));
  if (overlay !== null) await print(jsonOf(overlayLines(timeline, overlay)));
}

function* jsonOf(lines: Iterable<object>): Generator<string> {
  for (const line of lines) yield JSON.stringify(line);
}
