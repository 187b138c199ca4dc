/** A record that does not authenticate, with what is known of its damage, as a walk would take it. */
import { addU64, recordType } from "../../core/base/record.ts";
import { Authenticated } from "../trace.ts";
import { type Diagnosis, diagnose, type FailedRecord, searchingElsewhere } from "./damage/diagnose.ts";
import { isSearchable, nearMax } from "./damage/origin.ts";
import { innerOf } from "./decrypt.ts";
import type { Followed } from "./search.ts";
import { type Ground, messageIn, nothing, outerType, type Place, type RecordStep } from "./step.ts";

/** What looking for a damaged byte costs beside the record's own length, in bytes decrypted. */
const explainCost = 1 << 17;

/** A record with the keys and the number that are due to it. */
export const keyed = ({ opener }: Ground, { epoch, index }: Place, record: Uint8Array) => ({
  protection: opener.protection!,
  keys: epoch.keys!,
  sn: opener.snOf(epoch, index),
  record,
});

/** A failed record with what is known of its damage. */
export function failed(
  ground: Ground,
  place: Place,
  record: Uint8Array,
  followed: Followed | null,
): RecordStep {
  const { opener, budget, trials } = ground;
  const { epoch, index, position } = place;
  const isThorough = budget.spend(explainCost + 32 * record.length);
  const nonce = place.nonce ?? (followed && opener.firstNonce(index + 1, followed.record));
  const one: FailedRecord = {
    ...keyed(ground, place, record),
    expectedNonce: nonce === null ? null : addU64(nonce, index),
    at: position - ground.origin,
    others: opener.others(epoch),
  };
  const diagnosis = searchedIn(ground, position, diagnose(one, isThorough));
  const step = failedStep(ground, place, record, diagnosis, followed);
  const isSearched = ground.searchedAt === position || !isSearchable(one, trials);
  if (!diagnosis.isGuess || isSearched) return step;
  return { ...step, search: searching(ground, { ...place }, { ...one, record: record.slice() }, followed) };
}

/** The diagnosis, which says how far numbers were tried where they were. */
function searchedIn(ground: Ground, position: number, diagnosis: Diagnosis): Diagnosis {
  const { damage, isGuess } = diagnosis;
  const isSearched = ground.searchedAt === position && ground.searchedTo > nearMax;
  if (!isGuess || damage.part !== "unknown" || !isSearched) return diagnosis;
  return { ...diagnosis, damage: { ...damage, tried: ground.searchedTo } };
}

/** The step if its record's number is found far off. */
function* searching(
  ground: Ground,
  place: Place,
  one: FailedRecord,
  followed: Followed | null,
): Generator<number, RecordStep | null> {
  const { trials } = ground;
  trials.reach = nearMax;
  const far = yield* searchingElsewhere(one, trials);
  ground.searchedTo = trials.reach;
  return far && failedStep(ground, place, one.record, far, followed);
}

export function failedStep(
  ground: Ground,
  { epoch, index }: Place,
  record: Uint8Array,
  { damage, right, shift, inner: read }: Diagnosis,
  followed: Followed | null,
): RecordStep {
  const type = outerType(ground.version, record[0]!);
  const plaintext = right ? ground.opener.open(epoch, index, right) : read;
  const inner = plaintext && innerOf(ground.version, (right ?? record)[0]!, plaintext);
  return {
    kind: "record",
    length: record.length,
    type,
    authenticated: Authenticated.no,
    hidden: null,
    right,
    repaired: right !== null,
    carries: damage.part === "header" || damage.part === "nonce" ? null : record,
    tells: null,
    contentType: inner?.type ?? (followed ? recordType.applicationData : type),
    message: inner ? messageIn(plaintext, inner.type, inner.size) : nothing,
    overlays: null,
    damage,
    shift,
    next: followed?.epoch ?? null,
  };
}
