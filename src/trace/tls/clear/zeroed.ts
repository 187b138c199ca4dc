// trace/tls/clear: records that are expected in plaintext, zeros for their tags.

import { tagSize } from "../../../core/base/record.ts";
import type { Progress } from "../../platform.ts";
import { lookOf } from "../damage/looks.ts";
import type { Protection } from "../decrypt.ts";
import { RecordOpener } from "../epochs.ts";
import { headerAt, isProtectedHeader, recordSizeMax } from "../framing.ts";
import { FramingSearch, SearchBudget } from "../search.ts";
import type { Start } from "../start.ts";
import type { ByteStream } from "../stream.ts";

/** True if zeros stand where the record's tag belongs: an AEAD makes such a tag once in 2^128 records. */
export function isTagZero(record: Uint8Array): boolean {
  for (let at = record.length - tagSize; at < record.length; at++) if (record[at] !== 0) return false;
  return true;
}

/** A stream of which it is asked whether it is in plaintext. */
interface ClearQuestion {
  stream: ByteStream;
  start: Start;
  protection: Protection;
}

/** Records between two questions whether to go on. */
const tickEvery = 256;

/** The first record with zeros for a tag, by its position; null if there is none. */
export async function firstZeroed(question: ClearQuestion, progress: Progress): Promise<number | null> {
  const { stream, start } = question;
  let count = 0;
  for (const { position, isZero } of tagsOf(question)) {
    if (isZero) return position;
    if (++count % tickEvery === 0)
      await progress.tick(position - start.position, stream.end - start.position, "looking for plaintext");
  }
  return null;
}

/** Records at a start without keys that may be of the handshake (TLS 1.3), and records behind them that must read as plaintext. */
const [strangeMax, lookedAt] = [64, 8];

/**
 * Whether a stream without keys is in plaintext with zeros for tags: from one record on all of them have such, and none
 * of the first reads as what no plaintext is like.
 */
export function isZeroed(question: ClearQuestion): boolean {
  const { stream } = question;
  const { asked } = stream;
  const is = readsZeroed(question);
  // What is found here depends on other bytes than what is found by following the records.
  stream.asked = asked;
  return is;
}

function readsZeroed(question: ClearQuestion): boolean {
  const { stream, protection } = question;
  let strange = 0;
  let zeroed = 0;
  for (const { position, length, isZero } of tagsOf(question)) {
    if (!isZero && (zeroed > 0 || ++strange > strangeMax)) return false;
    if (!isZero) continue;
    const record = new Uint8Array(length);
    stream.read(position, length, record);
    const body = record.subarray(protection.layout.prepend, length - tagSize);
    if (!lookOf(protection.version, record[0]!, body).isPossible) return false;
    if (++zeroed === lookedAt) break;
  }
  return zeroed > 0;
}

const tag = new Uint8Array(tagSize);

/** The stream's whole records, with what stands for their tags. */
function* tagsOf({ stream, start, protection }: ClearQuestion) {
  const opener = new RecordOpener(start, protection, []);
  const { overhead } = protection.layout;
  const search = new FramingSearch(stream, start.version, opener, overhead, new SearchBudget());
  for (let position = start.position; ; ) {
    const header = headerAt(stream, position);
    if (isProtectedHeader(header, overhead)) {
      const { length } = header;
      if (stream.read(position + length - tagSize, tagSize, tag) === tagSize)
        yield { position, length, isZero: isTagZero(tag) };
      position += length;
      continue;
    }
    if (position + recordSizeMax > stream.end && header === undefined) return;
    const found = search.nextChain(position, opener.first);
    if (found === null) return;
    position = found.position;
  }
}
