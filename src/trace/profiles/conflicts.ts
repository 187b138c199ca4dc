import { versionName } from "../../core/base/record.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { list } from "../lexer.ts";

/** A key that says nothing, or what cannot be, beside the others. */
export interface ProfileConflict {
  key: string;
  message: string;
}

/** Keys that only some drivers' ways give a meaning; others would read as if they changed something. */
const meaningfulOnly: readonly { key: keyof Profile; where: (profile: Profile) => boolean; needs: string }[] =
  [
    ...(["prefixVia", "straddleDrop", "checksSkippedMark"] as const).map((key) => ({
      key,
      where: ({ recovery }: Profile) => recovery === "rebuild",
      needs: "recovery is rebuild",
    })),
    {
      key: "requestsBeforeFallback",
      where: ({ recovery }) => recovery === "next-record",
      needs: "recovery is next-record",
    },
    {
      key: "headerSize",
      where: ({ recovery, prefixVia }) =>
        recovery === "chain" ||
        recovery === "none" ||
        (recovery === "rebuild" && prefixVia === "sync-packet"),
      needs: "recovery is chain or none, or rebuild with prefixVia sync-packet",
    },
  ];

/** What only a driver does that recovers in one way (kernel.md sections 5.3 and 5.4), and what to write elsewhere. */
const contradictions: readonly { key: string; is: (profile: Profile) => boolean; message: string }[] = [
  {
    key: "countsAsOutOfOrder",
    is: ({ countsAsOutOfOrder, recovery }) => (countsAsOutOfOrder === "moves") !== (recovery === "pieces"),
    message:
      'a driver whose recovery is pieces counts moves of the TCP control block, and no other does; write "countsAsOutOfOrder": "moves" there, "mismatches" elsewhere',
  },
  {
    key: "countsAsOutOfOrder",
    is: ({ countsAsOutOfOrder, recovery }) =>
      countsAsOutOfOrder === "fallbacks" && recovery !== "next-record" && recovery !== "pieces",
    message:
      'only a driver whose recovery is next-record counts fallbacks as out of order; write "countsAsOutOfOrder": "mismatches"',
  },
  {
    key: "countsAsOutOfOrder",
    is: ({ countsAsOutOfOrder, recovery }) =>
      countsAsOutOfOrder === "resyncs"
        ? recovery !== "chain" && recovery !== "presync"
        : recovery === "chain",
    message:
      'a driver whose recovery is chain counts what it posts resyncs for, and only presync can do so, too; write "countsAsOutOfOrder": "resyncs" there, "mismatches" elsewhere',
  },
  {
    key: "seqCheckedByNic",
    is: ({ seqCheckedByNic, recovery }) => seqCheckedByNic && recovery !== "next-record",
    message:
      'only a driver whose recovery is next-record tells the NIC the number to check; write "seqCheckedByNic": false',
  },
];

/** Keys of a profile file that contradict what else the profile is; `given` holds those that the file gives. */
export function conflictsIn(profile: Profile, given: ReadonlyMap<string, unknown>): ProfileConflict[] {
  const conflicts: ProfileConflict[] = meaningfulOnly
    .filter(({ key, where }) => given.has(key) && !where(profile))
    .map(({ key, needs }) => ({
      key,
      message: `${key} has a meaning only where ${needs}; here recovery is ${profile.recovery} and prefixVia ${profile.prefixVia}: leave ${key} out`,
    }));
  for (const { key, is, message } of contradictions)
    if (is(profile)) conflicts.push({ key: keyOf(given, key, "recovery"), message });
  for (const key of ["versions", "ciphers"] as const) {
    const message = refusalOf(profile, key);
    if (message !== null) conflicts.push({ key: keyOf(given, key, "kernel"), message });
  }
  return conflicts;
}

/** Of two keys that contradict each other the one to tell of: the first, unless only the second is in the file. */
const keyOf = (given: ReadonlyMap<string, unknown>, first: string, second: string): string =>
  given.has(first) ? first : second;

/** A kernel that offloads none of what the device can. */
function refusalOf(profile: Profile, key: "versions" | "ciphers"): string | null {
  const { kernel } = profile;
  const taken: readonly unknown[] = kernel === null ? profile[key] : kernel[key];
  if (kernel === null || profile[key].some((one: unknown) => taken.includes(one))) return null;
  const names = kernel[key].map((one) => (typeof one === "number" ? versionName(one) : one));
  return `kernel ${kernel.id} offloads no other ${key} than ${list(names)}: nothing would be offloaded`;
}
