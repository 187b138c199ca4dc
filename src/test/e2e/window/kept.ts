import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

/** What is known of a file that is kept; larger ones are known without their bytes. */
interface Known {
  mode: number;
  size: number;
  changedMs: number;
  bytes: Buffer | null;
}

const keptSizeMax = 20e6;

/** A file, or a folder with all that is in it, that is put back as it was. */
export class Kept {
  private readonly root: string;
  private known: ReadonlyMap<string, Known> = new Map();

  constructor(root: string) {
    this.root = root;
  }

  /** Takes what is there now as what it is put back to. */
  keep(): void {
    const known = new Map<string, Known>();
    for (const file of filesOf(this.root)) {
      const { mode, size, mtimeMs: changedMs } = lstatSync(file);
      known.set(file, { mode, size, changedMs, bytes: size > keptSizeMax ? null : readFileSync(file) });
    }
    this.known = known;
  }

  /** Throws where a file changed that is too large to be kept. */
  putBack(): void {
    for (const file of filesOf(this.root)) if (!this.known.has(file)) rmSync(file);
    for (const [file, known] of this.known) {
      if (isAsKnown(file, known)) continue;
      if (known.bytes === null) throw new Error(`${file} was changed, and is too large to be kept`);
      mkdirSync(path.dirname(file), { recursive: true });
      rmSync(file, { force: true });
      writeFileSync(file, known.bytes);
      chmodSync(file, known.mode);
    }
    // Written anew, they have another time.
    this.keep();
  }
}

function isAsKnown(file: string, { mode, size, changedMs }: Known): boolean {
  if (!existsSync(file)) return false;
  const now = lstatSync(file);
  return now.mode === mode && now.size === size && now.mtimeMs === changedMs;
}

/** Every file at or below a path; folders without one are no part of it. */
function filesOf(root: string): string[] {
  if (!existsSync(root)) return [];
  if (!lstatSync(root).isDirectory()) return [root];
  return readdirSync(root).flatMap((name) => filesOf(path.join(root, name)));
}
