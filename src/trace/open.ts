import type { Profile } from "../core/machine/profile.ts";
import { profileById } from "../core/profiles/all.ts";
import { connectx } from "../core/profiles/connectx.ts";
import { type CaptureOptions, readCapture } from "./capture/capture.ts";
import { captureName } from "./keys/beside.ts";
import type { KeyLog } from "./keys/key-log.ts";
import { readingKeySource } from "./keys/source.ts";
import { TraceReader } from "./language/parse.ts";
import { isPacketdrill, readingPacketdrill } from "./packetdrill/script.ts";
import { captureFormat } from "./pcap/capture-file.ts";
import { type FileAccess, type Platform, type Progress, paced, sliced, UserError } from "./platform.ts";
import type { ProfileFinder } from "./profiles/finder.ts";
import type { Trace } from "./trace.ts";

export interface OpenOptions extends Omit<CaptureOptions, "profile"> {
  /** Null: what the trace file's devices say, connectx for captures and scripts. */
  profile: Profile | null;
  /** Finds what a trace file names: profile files too. Absent: the model's profiles alone. */
  profiles?: ProfileFinder;
  /** Key logs of a folder, beside the texts that are given. */
  keyFolder?: KeyLog;
}

/** Larger text is no trace file that somebody wrote: say so instead of holding it three times over. */
const textSizeMax = 256 * 1024 * 1024;

/**
 * Opens whatever the user points at: a capture (pcap, pcapng, either gzipped), a trace file or a packetdrill
 * script. `keys` are the texts of key log and crypto_info files. Throws UserError when the file is none of them.
 */
export async function openTrace(
  file: FileAccess,
  keys: readonly string[],
  options: OpenOptions,
  platform: Platform,
  progress: Progress,
): Promise<Trace> {
  if (file.size === 0)
    throw new UserError(`${file.name} is empty: give a trace file (.tlstrace) or a capture`);
  if (captureFormat(file) !== null) {
    const { source, diagnostics } = await paced(progress, "reading keys", readingKeySource(keys));
    if (options.keyFolder) source.folder = options.keyFolder;
    const trace = await readCapture(
      file,
      source,
      { ...options, profile: options.profile ?? connectx },
      platform,
      progress,
    );
    trace.diagnostics.unshift(...diagnostics);
    return trace;
  }
  const text = await wholeText(file, progress);
  const isScript = isPacketdrill(file.name, text);
  const trace = isScript
    ? await paced(progress, linesRead, readingPacketdrill(file.name, text, options.profile ?? connectx))
    : await readTrace(new TraceReader(file.name, text, ...profilesIn(options)), progress);
  const error = trace.diagnostics.find(({ severity }) => severity === "error");
  if (trace.connections.length > 0 || !error) return trace;
  // What a text says of its first line helps nobody who takes it for a capture.
  if (captureName.test(file.name)) throw new UserError(neitherOf(file));
  const what = isScript ? "packetdrill script that can be replayed" : "trace file";
  const { line = 1, message } = error;
  throw new UserError(`${file.name} is not a ${what}: line ${line}: ${message}`, line);
}

const profilesIn = ({ profiles = profileById, profile }: OpenOptions) =>
  [profiles, (own: Profile) => profile ?? own] as const;

/** Lines read between two looks at the clock. */
const stride = 16;
const linesRead = "reading lines";

async function readTrace(reader: TraceReader, progress: Progress): Promise<Trace> {
  await sliced(progress, { total: () => reader.total, what: linesRead }, () => reader.read(stride));
  return reader.trace();
}

/** Bytes made text of at once. */
const pieceSize = 1 << 22;

/** The file as text, its byte order mark too, if it is text: no NUL bytes and valid UTF-8. Throws UserError otherwise. */
export const textOf = (file: FileAccess): string => [...piecesOf(file)].join("");

/** The same for who may be asked to stop. */
async function wholeText(file: FileAccess, progress: Progress): Promise<string> {
  const pieces: string[] = [];
  for (const piece of piecesOf(file)) {
    pieces.push(piece);
    await progress.tick(pieces.length * pieceSize, file.size, "reading text");
  }
  return pieces.join("");
}

const neitherOf = ({ name }: FileAccess): string =>
  `${name} is neither a capture (pcap, pcapng, gzipped or not) nor a trace file`;

function* piecesOf(file: FileAccess): Generator<string> {
  const neither = neitherOf(file);
  if (file.size > textSizeMax) throw new UserError(`${neither}: it is too large for one`);
  if (file.read(0, 4096).includes(0)) throw new UserError(neither);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let at = 0; at < file.size; at += pieceSize) {
    const bytes = file.read(at, pieceSize);
    try {
      yield decoder.decode(bytes, { stream: at + pieceSize < file.size });
    } catch {
      throw new UserError(neither);
    }
  }
}
