import { lacks } from "../trace/lacks.ts";
import { counted } from "../trace/visible.ts";
import type { FileVerdict, Missing, Share, StreamVerdict, VerdictWord } from "./verdict.ts";

/** How much of something was checked: `11 of 11 records authenticated, 187195 of 187195 bytes compared`. */
export const shareText = (
  share: Pick<Share, "records" | "authenticated" | "plain" | "bytes" | "compared">,
): string => `${recordsText(share)}, ${share.compared} of ${counted(share.bytes, "byte")} compared`;

/** Where plaintext was expected, some of them may be encrypted all the same, and rightly. */
function recordsText({
  records,
  authenticated,
  plain,
}: Pick<Share, "records" | "authenticated" | "plain">): string {
  if (plain === 0) return `${authenticated} of ${counted(records, "record")} authenticated`;
  const others = authenticated > 0 ? ` and ${authenticated} authenticated` : "";
  return `${plain}${others} of ${counted(records, "record")} in plaintext as expected`;
}

/** A stream's line: its verdict and its share. */
export function streamText({ stream: { name }, verdict, share, why }: StreamVerdict): string {
  if (why !== null && share.records === 0) return `${name}: unchecked: ${lacks[why]}`;
  const wrong = verdict === "wrong" ? `; ${wrongText(share)}` : "";
  return `${name}: ${verdict}${why ? `: ${lacks[why]}` : ""}; ${shareText(share)}, in ${counted(share.transmits, "transmit")}${wrong}`;
}

const wrongText = ({ failed, differing, faults }: Share): string => {
  const parts = [
    counted(failed, "record fails", "records fail"),
    counted(differing, "byte differs", "bytes differ"),
  ];
  if (faults > 0) parts.push(counted(faults, "other place is wrong", "other places are wrong"));
  return parts.join(", ");
};

/** What of a stream was not compared, and why. */
export function missingText({ why, records, bytes }: Missing): string {
  const parts = [records > 0 ? counted(records, "record") : [], counted(bytes, "byte")];
  return `not compared: ${parts.flat().join(", ")}: ${lacks[why]}`;
}

const heads: Readonly<Record<VerdictWord, string>> = {
  right: "Everything that was compared is right",
  wrong: "Something is wrong",
  unchecked: "Unchecked, so nothing is said to be right",
  unreadable: "Unreadable, so nothing is said to be right",
};

/** What is told of a verdict; a file that cannot be read has no share. */
type Told = Pick<FileVerdict, "verdict" | "reason"> & { share: Share | null };

/** How much was looked at at all, whatever came of it: `0 of 125 records checked`; empty where nothing has records. */
export const checkedText = ({ records, authenticated, plain, failed }: Share): string =>
  records === 0 ? "" : `${authenticated + plain + failed} of ${counted(records, "record")} checked`;

/** A verdict in a list of files. */
export const briefText = ({ verdict, reason, share }: Told): string =>
  [`${verdict}${reason === null ? "" : `: ${reason}`}`, share && share.records > 0 ? shareText(share) : []]
    .flat()
    .join("; ");

/** The last line: the verdict, why, and how much of the whole it is true of. Whoever else words a verdict asks here. */
export function verdictText({ verdict, reason, share }: Told): string {
  const told = [reason ?? [], share && share.records > 0 ? shareText(share) : []].flat();
  return `${heads[verdict]}${told.length > 0 ? `: ${told.join("; ")}` : ""}.`;
}
