import { sealingOf, tagSize } from "../../../core/base/record.ts";
import type { Damage } from "../../trace.ts";
import { openRecord } from "../decrypt.ts";
import type { Keyed } from "./diagnose.ts";

/** The right bytes of a record that is damaged like this, header to tag; null where that does not follow from it. */
export function mended(keyed: Keyed, damage: Damage): Uint8Array | null {
  switch (damage.part) {
    case "header":
    case "nonce":
    case "ciphertext":
    case "tag": {
      const right = keyed.record.slice();
      for (const { offset, must } of damage.wrong) right[offset] = must;
      return openRecord(keyed.protection, keyed.keys, keyed.sn, right) && right;
    }
    // Under other keys than those that are due nobody keeps which they were.
    case "number":
      return damage.under === null ? sealedAgain(keyed, contentAs(keyed, damage.sn)) : null;
    case "plaintext":
      return sealedAgain(keyed, keyed.record.slice(keyed.protection.layout.prepend, -tagSize));
    default:
      return null;
  }
}

const contentAs = ({ protection, keys, record }: Keyed, sn: bigint): Uint8Array | null =>
  openRecord(protection, keys, sn, record);

/** The record around this inner plaintext, under the keys and the number that are due to it. */
function sealedAgain({ protection, keys, sn, record }: Keyed, inner: Uint8Array | null): Uint8Array | null {
  if (inner === null) return null;
  const right = record.slice();
  right.set(protection.aead.seal(sealingOf(protection, keys, sn, record), inner), protection.layout.prepend);
  return right;
}
