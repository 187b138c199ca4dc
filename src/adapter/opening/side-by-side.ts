import { type Place, stopAt } from "../../judge/places.ts";
import type { Judged } from "../../replay/findings.ts";
import { readStream } from "../../replay/view/memory.ts";
import { judgedView } from "../../replay/view/view.ts";
import { wrongByteOf } from "../../replay/view/wrong/byte.ts";
import { wordRecord } from "../../replay/view/wrong/words.ts";
import { UserError } from "../../trace/platform.ts";

/** A wrong byte's record as captured and as it must be, as text with 16 bytes a line: the answer to `bytes`, this adapter's own. */
export interface BytesBody {
  title: string;
  captured: string;
  expected: string;
  /** The line of the first wrong byte, from 0. */
  line: number;
}

const perLine = 16;

/** Throws UserError where the right bytes are not known. */
export function bytesAt(judged: Judged, place: Place): BytesBody {
  const view = judgedView(judged, stopAt(judged, place).position);
  const wrong = wrongByteOf(view);
  if (wrong === null || wrong.row < 1) throw new UserError("no record with a wrong byte is there");
  const { log, connection } = view;
  const start = log.start(wrong.row);
  const at = start - connection.startSeq;
  const length = log.length.at(wrong.row);
  const expected = readStream(view, "expected", at, length).bytes;
  if (expected.length === 0) throw new UserError("the right bytes of this record are not known");
  const captured = readStream(view, "captured", at, length).bytes;
  return {
    title: wordRecord(view, wrong),
    captured: hexLines(captured, at),
    expected: hexLines(expected, at),
    line: Math.floor((wrong.seq - start) / perLine),
  };
}

function hexLines(bytes: Uint8Array, at: number): string {
  const lines: string[] = [];
  for (let i = 0; i < bytes.length; i += perLine) {
    const part = Array.from(bytes.subarray(i, i + perLine), (byte) => byte.toString(16).padStart(2, "0"));
    lines.push(`${String(at + i).padStart(10)}  ${part.join(" ")}`);
  }
  return `${lines.join("\n")}\n`;
}
