import { Effect, type EffectName, effects } from "../core/words/effect.ts";
import type { ArgumentForm, EffectRow } from "../core/words/effect-table.ts";

/** Everything that is a fact about a kind of findings, as the table of effects has it about an effect. */
interface FindingRow extends Omit<EffectRow, "args"> {
  /** An effect's forms, and `text`: the sentence that the finding is. */
  args: Readonly<Record<string, ArgumentForm | "text">>;
}

/** What judging a replay against something else can find, in the order in which one stage shows them. */
const findingTable = {
  "wire-differs": {
    says: "A captured byte differs from whole-record encryption.",
    args: { seq: "seq", bytes: "count" },
    gravity: 280,
    filter: "wrong-bytes",
  },
  "authentication-failed": {
    says: "A captured record's tag does not fit its bytes.",
    args: { record: "row", length: "count" },
    gravity: 270,
    filter: "wrong-bytes",
  },
  "record-leaked": {
    says: "A captured record is plaintext.",
    args: { record: "row", length: "count" },
    gravity: 275,
    filter: "leak",
  },
  "not-as-plaintext": {
    says: "A captured record is not the plaintext that is expected of it.",
    args: { record: "row", length: "count" },
    gravity: 272,
    filter: "wrong-bytes",
    readOn: "kernel.md section 8, netdevsim",
  },
  "explicit-nonce-reused": {
    says: "A captured record carries the explicit nonce of another one under the same key.",
    args: { record: "row", first: "seq" },
    gravity: 268,
    filter: "wrong-bytes",
    readOn: "RFC 5288 §3",
  },
  "foreign-bytes": {
    says: "Captured bytes between two records are of none.",
    args: { seq: "seq", bytes: "count" },
    gravity: 265,
    filter: "wrong-bytes",
  },
  "expectation-failed": {
    says: "An expect line of the trace does not hold.",
    args: { line: "count" },
    gravity: 170,
    filter: "expectation-failed",
  },
  "profile-differs": {
    says: "Another profile does something else with this event.",
    args: { finding: "text" },
    gravity: 180,
    filter: "profile-differs",
    readOn: "media/docs/comparing.md; the other profiles' queues stand under driver.compared",
  },
  "evidence-differs": {
    says: "What the kernel reported is not what the model says.",
    args: { finding: "text" },
    gravity: 190,
    filter: "evidence-differs",
    readOn: "net/tls/trace.h; tls-offload.rst, “Statistics”; /proc/net/tls_stat",
  },
} as const satisfies Readonly<Record<string, FindingRow>>;

export type FindingName = keyof typeof findingTable;
export type SignName = EffectName | FindingName;

/** What one can stop on: an effect, which the model says, or a finding, which judging the replay says. */
export interface SignSpec extends Omit<FindingRow, "args"> {
  name: SignName;
  args: readonly (readonly [name: string, form: ArgumentForm | "text"])[];
}

const findings = (Object.entries(findingTable) as [FindingName, FindingRow][]).map(([name, row]) => ({
  ...row,
  name,
  args: Object.entries(row.args),
}));

/** The signs by their numbers: effects as the model says them, findings behind. */
export const signs: readonly SignSpec[] = [...effects, ...findings];

/** Numbers of the signs. */
export const Sign: { readonly [name in SignName]: number } = {
  ...Effect,
  ...(Object.fromEntries(findings.map(({ name }, i) => [name, effects.length + i])) as Record<
    FindingName,
    number
  >),
};

/** The numbers of a set of signs. */
export const signsNamed = (...names: readonly SignName[]): readonly number[] =>
  names.map((name) => Sign[name]);
