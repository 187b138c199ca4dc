import { bytesNamed } from "../replay/view/why/numbers.ts";
import { storyOf } from "../replay/view/why/story.ts";
import { storyHead, storyRows } from "../replay/view/why/words.ts";
import { whyLine } from "../report/why-line.ts";
import { streamsOf } from "../study/subject.ts";
import { UserError } from "../trace/platform.ts";
import type { Stream, Trace } from "../trace/trace.ts";
import { visibleLine, visiblePath } from "../trace/visible.ts";
import { type ReadFlags, requestOf } from "./flags.ts";
import { open, studied } from "./opened.ts";
import { print } from "./output.ts";

/** Streams that a refusal names. */
const namedMax = 8;

/** `tlstrace why FILE STREAM SEQ`: where a byte of a stream comes from and where it went. */
export async function why(
  file: string,
  what: { stream: string; seq: string },
  flags: ReadFlags & { json?: true },
): Promise<void> {
  const { trace, timeline } = await studied(await open(requestOf(file, flags)));
  const { connection } = streamOf(trace, file, what.stream);
  const here = trace.connections[connection]!.startSeq;
  const bytes = bytesNamed(timeline, { connection, here }, what.seq);
  if (bytes === null)
    throw new UserError(
      `"${visibleLine(what.seq)}" is no place of a stream: give a sequence number, as 4344, or a range, as 1448:2896`,
    );
  const story = storyOf(timeline, connection, bytes.from);
  if (flags.json) return print([JSON.stringify(whyLine(timeline, story))]);
  const rows = storyRows(timeline, story).map(({ name, text }) => `  ${name.padEnd(14)}${text}`);
  const taken = bytes.isAbsolute ? ["  (the number is taken as one of the wire)"] : [];
  await print([storyHead(timeline, story), ...taken, ...rows]);
}

/** The one stream that the name or glob means, which is offloaded. */
function streamOf(trace: Trace, file: string, name: string): Stream {
  const found = streamsOf(trace, [name]);
  const [stream] = found.filter(({ connection }) => connection >= 0);
  const names = (streams: readonly Stream[]) =>
    streams
      .slice(0, namedMax)
      .map(({ short }) => short)
      .join(", ") + (streams.length > namedMax ? ", …" : "");
  if (found.length === 0)
    throw new UserError(
      `${visiblePath(file)} has no stream "${visibleLine(name)}"; it has ${names(trace.streams) || "none"}`,
    );
  if (found.length > 1) throw new UserError(`"${visibleLine(name)}" means several streams: ${names(found)}`);
  if (stream === undefined)
    throw new UserError(
      `nothing of ${found[0]!.name} is replayed: ${found[0]!.note ?? "it is not offloaded"}`,
    );
  return stream;
}
