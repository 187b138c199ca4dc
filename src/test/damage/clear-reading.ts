/** Captures of what a device without a cipher lets leave, read as such. */
import { parseCryptoInfos } from "../../trace/keys/crypto-info.ts";
import type { Damage, Trace } from "../../trace/trace.ts";
import { readBytes } from "../captures.ts";
import { ciphertext, cleartext, contentsOf } from "./cleartext.ts";
import { sentBy } from "./reading.ts";
import { type Session, type Suite, suites } from "./sealed-session.ts";
import { captureOf, type Packet } from "./tcp-capture.ts";

export const gcm = suites.filter(({ cipher }) => cipher.endsWith("-gcm"));
export const bothVersions = gcm.filter(({ cipher }) => cipher === "aes-128-gcm");
export const [gcm12, gcm13] = bothVersions as [Suite, Suite];

export interface Asked {
  /** None: what is expected is found out. */
  plaintext?: { other: Trace | null };
  keys?: boolean;
  /** What is done to the packets behind the handshake. */
  packets?: (sent: Packet[], begin: number) => Packet[];
  /** What is done to the file. */
  file?: (bytes: Uint8Array) => void;
  /** A crypto_info as JSON instead of the key log. */
  info?: object;
  offloadStart?: "after-ccs";
}

export const alone = { other: null };

export async function read(
  session: Session,
  stream: Buffer,
  { keys = true, packets, file, info, ...options }: Asked = {},
) {
  const sent = sentBy(session, stream);
  const behind = sent.packets.slice(sent.from);
  const bytes = captureOf([
    ...sent.packets.slice(0, sent.from),
    ...(packets ? packets(behind, sent.begin) : behind),
  ]);
  const keyLogs = keys && !info ? [session.keyLog] : [];
  const cryptoInfos = info ? parseCryptoInfos(JSON.stringify(info)).infos : [];
  file?.(bytes);
  return readBytes({ bytes, keyLogs, cryptoInfos }, options);
}

export const records = (session: Session) =>
  contentsOf(session).map((content) => cleartext(session, content));
export const wire = (session: Session) => contentsOf(session).map((content) => ciphertext(session, content));
export const otherOf = (session: Session, keys = true) =>
  read(session, Buffer.concat(wire(session)), { keys });
export const damageOf = (trace: Trace): Damage[] => [...trace.verdicts!.damage.values()];
/** Where the record begins, from the offload start on. */
export const startOf = (all: readonly Buffer[], index: number) =>
  all.slice(0, index).reduce((sum, { length }) => sum + length, 0);
export const sizeOf = (all: readonly Buffer[]) => startOf(all, all.length);

export function flipped(record: Buffer, at: number): Buffer {
  const changed = Buffer.from(record);
  changed[at]! ^= 0x41;
  return changed;
}
