// extension/captures: what a capture opens as: its streams, its verdict, what can be done with it.

/** A stream as `verify --json` tells it, as far as the page shows it. */
export interface StreamRow {
  stream: string;
  verdict: string;
  /** Why it is not right, in a word: `no-keys`; `note` says it at length. */
  reason: string | null;
  version: string | null;
  cipher: string | null;
  hasKeys: boolean;
  records: number;
  authenticated: number;
  transmits: number;
  bytes: number;
  compared: number;
  wrong: number;
  note: string | null;
}

/** The capture as a whole. */
export interface FileRow {
  verdict: string;
  reason: string | null;
  packets: number;
  streams: number;
  records: number;
  authenticated: number;
  bytes: number;
  compared: number;
  /** Paths of the key files that were used. */
  keys: string[];
  diagnostics: string[];
}

/** Streams and places that are kept: a page is for people, the command line has all of them. */
const streamsMax = 1000;
const placesMax = 100;

/** What the rows of `tlstrace verify --json` say of one capture, as they come. */
export class VerdictRows {
  /** By verdict, in the order in which they are shown, so that of many streams the wrong ones are among those that are kept. */
  private readonly byVerdict = new Map<string, StreamRow[]>(
    ["wrong", "unreadable", "unchecked", "right", "nothing-sent"].map((verdict) => [verdict, []]),
  );
  /** Places with wrong bytes, as sentences. */
  readonly places: string[] = [];
  file: FileRow | null = null;

  /** The streams, those that are wrong first. */
  get streams(): StreamRow[] {
    return [...this.byVerdict.values()].flat().slice(0, streamsMax);
  }

  /** Takes one line; what is no row is left out. */
  add(line: string): void {
    let row: { kind?: string; text?: string };
    try {
      row = JSON.parse(line);
    } catch {
      return;
    }
    if (row.kind === "file") this.file = row as unknown as FileRow;
    if (row.kind === "stream") this.addStream(row as unknown as StreamRow);
    if (row.kind === "wrong" && this.places.length < placesMax) this.places.push(row.text ?? "");
  }
  private addStream(row: StreamRow): void {
    // Of a stream that sent nothing there is nothing to look at.
    const kind = row.reason === "nothing-sent" ? row.reason : row.verdict;
    const own = this.byVerdict.get(kind) ?? [];
    this.byVerdict.set(kind, own);
    if (own.length < streamsMax) own.push(row);
  }
}
