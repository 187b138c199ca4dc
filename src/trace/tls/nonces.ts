/** Explicit nonces of one stream's records (TLS 1.2 GCM): one that comes twice under one key gives the key away (RFC 5288 §3). */

/** Nonces that count up from `first`, of the records in rows from `row` on. */
interface Run {
  epoch: number;
  first: bigint;
  count: number;
  row: number;
}

/** Most rows that are told of; a sender that begins again repeats all that it has. */
const toldMax = 1 << 16;

export class Nonces {
  /** Senders count, so there is one run an epoch; a sender that draws them has one a record. */
  private runs: Run[] = [];

  add(epoch: number, nonce: bigint, row: number): void {
    const last = this.runs.at(-1);
    const follows =
      last?.epoch === epoch && last.row + last.count === row && last.first + BigInt(last.count) === nonce;
    if (follows) last.count++;
    else this.runs.push({ epoch, first: nonce, count: 1, row });
  }

  /** Only those of rows before this one stay. */
  cut(row: number): void {
    while (this.runs.length > 0 && this.runs.at(-1)!.row >= row) this.runs.pop();
    const last = this.runs.at(-1);
    if (last) last.count = Math.min(last.count, row - last.row);
  }

  /** Rows whose nonce an earlier row under the same key has, with that row. */
  reused(): Map<number, number> {
    const found = new Map<number, number>();
    const sorted = this.runs.length < 2 ? [] : [...this.runs].sort(inOrder);
    let widest: Run | null = null;
    for (const run of sorted) {
      const shared: number = widest?.epoch === run.epoch ? Number(endOf(widest) - run.first) : 0;
      if (widest === null || shared <= 0) {
        widest = run;
        continue;
      }
      const row = widest.row + Number(run.first - widest.first);
      for (let i = 0; i < Math.min(shared, run.count) && found.size < toldMax; i++)
        found.set(Math.max(row, run.row) + i, Math.min(row, run.row) + i);
      if (endOf(run) > endOf(widest)) widest = run;
    }
    return found;
  }
}

const endOf = ({ first, count }: Run): bigint => first + BigInt(count);

const inOrder = (a: Run, b: Run): number =>
  a.epoch - b.epoch || (a.first < b.first ? -1 : a.first > b.first ? 1 : a.row - b.row);
