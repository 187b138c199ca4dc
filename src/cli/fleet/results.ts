import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from "node:fs";
import type { Counted } from "../../report/rows.ts";
import { defectReason } from "../../report/verified.ts";
import { UserError } from "../../trace/platform.ts";
import { visiblePath } from "../../trace/visible.ts";

/** A `file` row, as far as it is read again. */
interface FileRow extends Counted {
  kind: string;
  tool: string;
  file: string | null;
  reason: string | null;
  size: number | null;
  modified: string | null;
  asked: string;
}

/** How every row begins. */
const rowStart = '{"schema":';

/** A file that was done: its rows as they stand there, and what its `file` row says. */
interface Done {
  row: FileRow;
  text: string;
}

/**
 * The file of rows that `--resume` names. Rows are added when a file is done, all at once, so that a run that is killed
 * loses the files that it had in hand; `finish` puts them in the order of the input. What a killed run left of a last
 * line, rows of a file that was not done, and the total of an earlier run go. Throws UserError for what is no such file.
 */
export class Results {
  private readonly path: string;
  private readonly done = new Map<string, Done>();
  private readonly fd: number;

  constructor(path: string) {
    this.path = path;
    const text = existsSync(path) ? textOf(path) : "";
    const kept = this.take(text);
    if (kept < Buffer.byteLength(text)) truncateSync(path, kept);
    this.fd = opened(path, "a");
  }

  /** What is known of a file, if it is as it was and was asked the same; a defect of the program is no answer. */
  of(file: string, now: Pick<FileRow, "size" | "modified" | "tool" | "asked">): Counted | null {
    const row = this.done.get(file)?.row;
    if (!row || now.size === null || row.reason?.startsWith(defectReason)) return null;
    const isSame = (["size", "modified", "tool", "asked"] as const).every((key) => row[key] === now[key]);
    return isSame ? row : null;
  }

  add(file: string, rows: readonly string[]): void {
    const text = `${rows.join("\n")}\n`;
    writeSync(this.fd, text);
    this.done.set(file, { row: JSON.parse(rows.at(-1)!) as FileRow, text });
  }

  /** Writes everything once more in the order of the input, files of other runs first, and puts it in the place of the old. */
  finish(files: readonly string[], total: string): void {
    const own = new Set(files);
    const others = [...this.done.keys()].filter((file) => !own.has(file));
    const beside = `${this.path}.new`;
    const fd = opened(beside, "w");
    for (const file of [...others, ...files]) writeSync(fd, this.done.get(file)?.text ?? "");
    writeSync(fd, `${total}\n`);
    fsyncSync(fd);
    closeSync(fd);
    closeSync(this.fd);
    renameSync(beside, this.path);
  }

  /** Takes the rows of files that are done; gives how many bytes of the file they reach to. */
  private take(text: string): number {
    let kept = 0;
    let bytes = 0;
    let rows = "";
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf("\n", at);
      if (end < 0) {
        if (!text.startsWith(rowStart.slice(0, text.length - at), at)) throw this.refusal();
        break;
      }
      const line = text.slice(at, end + 1);
      at = end + 1;
      bytes += Buffer.byteLength(line);
      const row = this.rowOf(line);
      if (row.kind === "total") continue;
      rows += line;
      if (row.kind !== "file") continue;
      this.done.set(String(row.file), { row, text: rows });
      rows = "";
      kept = bytes;
    }
    return kept;
  }

  private rowOf(line: string): FileRow {
    if (!line.startsWith(rowStart)) throw this.refusal();
    try {
      return JSON.parse(line) as FileRow;
    } catch {
      throw this.refusal();
    }
  }

  /** A file that holds something else is left as it is. */
  private refusal(): UserError {
    return new UserError(
      `${visiblePath(this.path)} is no file of rows of verify --json: name another one for --resume`,
    );
  }
}

/** A file to write into. Throws UserError where that cannot be. */
function opened(path: string, how: "a" | "w"): number {
  try {
    return openSync(path, how);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${visiblePath(path)} cannot be written (${why}): name another file for --resume`);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(
      `${visiblePath(path)} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
