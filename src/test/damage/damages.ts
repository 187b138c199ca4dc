/** What can be done to the records that a server sends, and what is to be said of it, derived from what was done. */
import type { Damage } from "../../trace/trace.ts";
import { type Content, type Keys, prependOf, type Session, sealed, unsealed } from "./sealed-session.ts";

export const kinds = [
  "flip",
  "two flips",
  "insert",
  "delete",
  "swap",
  "double",
  "plaintext",
  "old key",
  "wrong salt",
  "off by 1",
  "off by 9",
  "off by 70000",
  "zero tag",
] as const;
export type DamageKind = (typeof kinds)[number];

/** A stretch of the stream, and what must be said of it; `undefined`: only that something is wrong somewhere. */
export interface Stretch {
  bytes: Buffer;
  says: ((at: number) => Damage) | null | undefined;
}

/** The records as they were sent. */
export interface Sent {
  session: Session;
  contents: readonly Content[];
  /** Damage is done to all of them: nothing in the stream is right. */
  isAll: boolean;
}

const right = ({ session }: Sent, content: Content): Buffer =>
  sealed(session.of, content, { keys: session.keys, sn: content.sn });
const whole = (sent: Sent, content: Content): Stretch => ({ bytes: right(sent, content), says: null });

/** The stream's stretches with this done to these of its records. */
export function damaged(sent: Sent, kind: DamageKind, targets: ReadonlySet<number>): Stretch[] {
  const { contents } = sent;
  const stretches: Stretch[] = [];
  for (let i = 0; i < contents.length; i++) {
    const isLast = i === contents.length - 1;
    if (!targets.has(i)) stretches.push(whole(sent, contents[i]!));
    else if (kind === "swap" && !isLast) stretches.push(...swapped(sent, i++));
    else if (kind === "double") stretches.push(whole(sent, contents[i]!), copy(sent, i));
    else stretches.push(kind === "swap" ? whole(sent, contents[i]!) : single(sent, kind, i));
  }
  return stretches;
}

/** Each of the two is right in the other's place. */
function swapped(sent: Sent, i: number): Stretch[] {
  const two = [sent.contents[i + 1]!, sent.contents[i]!];
  return two.map((content) => ({ bytes: right(sent, content), says: () => number(content.sn) }));
}

const number = (sn: bigint, under: string | null = null): Damage => ({ part: "number", sn, under });

/** Between two records the copy is of no record; at the end it stands where another one is due. */
function copy(sent: Sent, i: number): Stretch {
  const { sn } = sent.contents[i]!;
  const bytes = right(sent, sent.contents[i]!);
  if (i === sent.contents.length - 1) return { bytes, says: () => number(sn) };
  return { bytes, says: (at) => ({ part: "foreign", at, length: bytes.length }) };
}

function single(sent: Sent, kind: DamageKind, i: number): Stretch {
  const { session } = sent;
  const content = sent.contents[i]!;
  const bytes = right(sent, content);
  switch (kind) {
    case "flip":
      return changed(sent, bytes, [Math.floor(bytes.length / 2)]);
    case "two flips":
      return changed(sent, bytes, [prependOf(session.of) + 1, bytes.length - 18]);
    case "insert":
    case "delete":
      return resized(sent, bytes, kind, i);
    case "plaintext":
      return leaked(sent, content);
    case "old key":
      return under(sent, content, session.other.keys, content.sn, number(content.sn, session.other.under));
    case "wrong salt":
      return salted(sent, content);
    case "zero tag":
      return untagged(bytes);
    default:
      return offBy(sent, content, BigInt(kind.slice("off by ".length)));
  }
}

function changed(sent: Sent, bytes: Buffer, places: number[]): Stretch {
  const damaged = Buffer.from(bytes);
  for (const place of places) damaged[place]! ^= 0x41;
  const prepend = prependOf(sent.session.of);
  const blocks = new Set(places.map((place) => Math.floor((place - prepend) / 16)));
  const wrong = places.map((offset) => ({ offset, is: damaged[offset]!, must: bytes[offset]! }));
  const isTag = places[0]! >= bytes.length - 16;
  return {
    bytes: damaged,
    says: (at) =>
      blocks.size > 1
        ? { part: "unknown", at, length: bytes.length }
        : { part: isTag ? "tag" : "ciphertext", at, wrong },
  };
}

/** Bytes more or fewer than the header says: told where a record follows that shows it. */
function resized(sent: Sent, bytes: Buffer, kind: "insert" | "delete", i: number): Stretch {
  const middle = Math.floor(bytes.length / 2);
  const added = kind === "insert" ? Buffer.from([0x55]) : Buffer.alloc(0);
  const rest = bytes.subarray(kind === "insert" ? middle : middle + 1);
  const one = Buffer.concat([bytes.subarray(0, middle), added, rest]);
  if (sent.isAll || i === sent.contents.length - 1) return { bytes: one, says: undefined };
  return { bytes: one, says: (at) => ({ part: "unknown", at, length: one.length }) };
}

function leaked({ session, isAll }: Sent, content: Content): Stretch {
  const { prepend, inner } = unsealed(session.of, content);
  const junk = Buffer.from(
    Array.from({ length: 16 }, (_, i) => (Number(content.sn) * 31 + i * i * 57) & 255),
  );
  const bytes = Buffer.concat([prepend, inner, junk]);
  // Where all records are plaintext, the capture was taken before the NIC.
  return { bytes, says: isAll ? null : (at) => ({ part: "plaintext", at, length: bytes.length }) };
}

function under({ session }: Sent, content: Content, keys: Keys, sn: bigint, damage: Damage | null): Stretch {
  const bytes = sealed(session.of, content, { keys, sn });
  return { bytes, says: (at) => damage ?? { part: "unknown", at, length: bytes.length } };
}

/** What is solved for AES-GCM is not known of ChaCha20-Poly1305, whose r hangs on the nonce. */
function salted(sent: Sent, content: Content): Stretch {
  const { of, keys } = sent.session;
  const iv = Buffer.from(keys.iv);
  iv[2]! ^= 0x10;
  const isGcm = of.cipher !== "chacha20-poly1305";
  return under(sent, content, { ...keys, iv }, content.sn, isGcm ? { part: "iv", under: null } : null);
}

function offBy(sent: Sent, content: Content, off: bigint): Stretch {
  const { keys } = sent.session;
  const sn = content.sn + off;
  return under(sent, content, keys, sn, number(sn));
}

function untagged(bytes: Buffer): Stretch {
  const damaged = Buffer.from(bytes);
  damaged.fill(0, bytes.length - 16);
  const offsets = Array.from({ length: 16 }, (_, i) => bytes.length - 16 + i);
  const wrong = offsets
    .map((offset) => ({ offset, is: 0, must: bytes[offset]! }))
    .filter(({ must }) => must !== 0);
  return { bytes: damaged, says: (at) => ({ part: "tag", at, wrong }) };
}
