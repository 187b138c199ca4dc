/** What is wrong with records that shows only when all of them are known. */
import { type RecordKeys, tagSize } from "../../../core/base/record.ts";
import { Authenticated, type Damage } from "../../trace.ts";
import type { Protection } from "../decrypt.ts";
import type { Nonces } from "../nonces.ts";
import { gapType, type RecordTable } from "../record-table.ts";
import type { ByteStream } from "../stream.ts";
import { expectedTag } from "./diagnose.ts";

/** The records of a stream, as they were followed. */
export interface Followed {
  stream: ByteStream;
  /** Position of the offload start. */
  origin: number;
  table: RecordTable;
  protection: Protection | null;
  /** By epoch. */
  keys: readonly (RecordKeys | null)[];
  /** What was found on the way, by row of the table. */
  damage: ReadonlyMap<number, Damage>;
}

/** Most records that are asked whether they have another one's tag. */
const strangeMax = 256;

/** All that is wrong, by row: what was found on the way, nonces that come again, and tags of other records. */
export function wholeDamage(followed: Followed, nonces: Nonces): Map<number, Damage> {
  const { damage, table, origin, stream } = followed;
  const all = new Map(damage);
  const at = (row: number) => table.start.at(row) - origin;
  for (const [row, first] of nonces.reused())
    if (!all.has(row))
      all.set(row, { part: "nonce-reuse", at: at(row), firstAt: at(first), sn: table.snAt(first) });
  // What is looked up here depends on no other bytes than what was found on the way.
  const { asked } = stream;
  for (const [row, of] of tagsOfOthers(followed)) {
    const tagAt = at(row) + table.length.at(row) - tagSize;
    all.set(row, { part: "tag-of", at: tagAt, ofAt: at(of), sn: table.snAt(of) });
  }
  stream.asked = asked;
  return all;
}

/** Rows of which nothing is known but that their tag does not fit, where it is the tag of another row, with that row. */
function tagsOfOthers(followed: Followed): Map<number, number> {
  const { damage, table } = followed;
  const found = new Map<number, number>();
  const strange = [...damage].filter(([, { part }]) => part === "unknown").slice(0, strangeMax);
  if (strange.length === 0) return found;
  const byTag = new Map(strange.map(([row]) => [tagOf(followed, row), row]));
  const note = (tag: string, of: number) => {
    const row = byTag.get(tag);
    if (row !== undefined && row !== of) found.set(row, of);
  };
  for (let row = 0; row < table.count; row++)
    if (table.authenticated.values[row] === Authenticated.yes) note(tagOf(followed, row), row);
  for (const [row] of strange) {
    const tag = rightTagOf(followed, row);
    if (tag !== null) note(tag, row);
  }
  return found;
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const tag = new Uint8Array(tagSize);

/** A record's tag as captured; empty if not all of it is there. */
function tagOf({ stream, table }: Followed, row: number): string {
  const end = table.start.at(row) + table.length.at(row);
  const isThere = table.type.at(row) !== gapType && stream.read(end - tagSize, tagSize, tag) === tagSize;
  return isThere ? textOf(tag) : "";
}

/** The tag that fits a record's header and ciphertext; null if they or its number are not known. */
function rightTagOf({ stream, table, protection, keys }: Followed, row: number): string | null {
  const [sn, own] = [table.snAt(row), keys[table.epoch.at(row)]];
  const record = new Uint8Array(table.length.at(row));
  if (sn === null || !own || protection === null || table.type.at(row) === gapType) return null;
  if (stream.read(table.start.at(row), record.length, record) < record.length) return null;
  return textOf(expectedTag({ protection, keys: own, sn, record }));
}
