import type { ClearFault, Damage, WrongByte } from "../../../trace/trace.ts";
import { counted } from "../../../trace/visible.ts";

const partNames = {
  header: "header",
  nonce: "explicit nonce",
  ciphertext: "ciphertext",
  tag: "tag",
} as const;
/** `damaged ciphertext`. */
export const wordPart = (part: keyof typeof partNames): string => `damaged ${partNames[part]}`;

/** What the bytes of a record's header are. */
const headerFields = ["type", "version", "version", "length", "length"];

const faultNames: Readonly<Record<ClearFault["what"], string>> = {
  header: "header",
  nonce: "explicit nonce",
  content: "content",
  type: "type byte",
  tag: "tag, which must be zeros",
};

const triedNumbers = (tried: number | undefined): string =>
  tried === undefined ? "" : `, nor under its keys as any record up to ${tried} before or behind it`;
const numbered = (sn: bigint | null): string => (sn === null ? "" : ` (record ${sn})`);

/** What is wrong with a record that does not authenticate, as a sentence; places count from the offload start. */
export function wordDamage(damage: Damage): string {
  switch (damage.part) {
    case "number":
      return damage.under === null
        ? `it was encrypted as record ${damage.sn}: the NIC had a wrong record number`
        : `it was encrypted as record ${damage.sn} under ${damage.under}`;
    case "iv":
      return `it was encrypted under ${damage.under ?? "the right key"} with another salt or iv`;
    case "plaintext":
      return `${damage.at}:${damage.at + damage.length} left as plaintext`;
    case "foreign":
      return `${damage.at}:${damage.at + damage.length} belongs to no record: foreign bytes`;
    case "nonce-reuse":
      return `its explicit nonce was used before, by the record at ${damage.firstAt}${numbered(damage.sn)}`;
    case "tag-of":
      return `its tag at ${damage.at} is that of the record at ${damage.ofAt}${numbered(damage.sn)}`;
    case "clear":
      return damage.faults.map((fault) => wordFault(damage.at, fault)).join("; ");
    case "sealed":
      return `${damage.at}:${damage.at + damage.length} is encrypted where plaintext is expected`;
    case "unknown":
      return `its tag does not fit${triedNumbers(damage.tried)}; wrong somewhere in ${damage.at}:${damage.at + damage.length}`;
    default: {
      const { part, at, wrong } = damage;
      const field = ({ offset }: WrongByte) => (part === "header" ? ` (${headerFields[offset]})` : "");
      const bytes = wrong.map(
        (byte) => `byte ${at + byte.offset}${field(byte)} is ${byte.is}, must be ${byte.must}`,
      );
      return `${wordPart(part)}: ${bytes.join(", ")}`;
    }
  }
}

/** Which bytes are wrong; what stands there may be of the content, which is not shown. */
function wordFault(at: number, { what, from, to, bytes }: ClearFault): string {
  const place = bytes === 1 ? `byte ${at + from}` : `${counted(bytes, "byte")} in ${at + from}:${at + to}`;
  return `${place} not as expected (${faultNames[what]})`;
}
