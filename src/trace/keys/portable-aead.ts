import { portable } from "../../core/base/aead.ts";
import { tagSize } from "../../core/base/record.ts";
import type { Aead } from "../platform.ts";

/** What runs wherever this does, for what a platform lacks. */
export const portableAead: Aead = {
  ...portable,
  // A keystream XORed twice gives the plaintext, if its own tag is the one that came with it.
  open: (sealing, sealed) => {
    const size = sealed.length - tagSize;
    if (size < 0) return null;
    const plaintext = portable.encryptAt(sealing, 0, sealed.subarray(0, size));
    const tag = portable.seal(sealing, plaintext).subarray(size);
    return tag.every((byte, i) => byte === sealed[size + i]) ? plaintext : null;
  },
};
