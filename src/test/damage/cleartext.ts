/** What a device without a cipher lets leave, made by other code than the reader's: header, nonce, content, zeros. */
import { type Content, type Session, sealed, unsealed } from "./sealed-session.ts";

const text = (i: number, size: number): Buffer =>
  Buffer.from(
    `line ${i}: what a log of some server says all day, and every line is another\n`.repeat(60),
  ).subarray(0, size);
export const sizes = [900, 40, 2500, 1200, 30, 3000];

/** Six records of the server's application. */
export const contentsOf = ({ first }: Session, type = 23): Content[] =>
  sizes.map((size, i) => ({ type, sn: first + BigInt(i), bytes: text(i, size) }));

/** A record as it leaves netdevsim; `tag`: what else than zeros stands for its tag. */
export function cleartext({ of }: Session, content: Content, tag: Buffer = Buffer.alloc(16)): Buffer {
  const { prepend, inner } = unsealed(of, content);
  return Buffer.concat([prepend, inner, tag]);
}

/** The same encrypted, as it must be. */
export const ciphertext = ({ of, keys }: Session, content: Content): Buffer =>
  sealed(of, content, { keys, sn: content.sn });
