import type { Encrypter } from "../base/aead.ts";
import { type Cipher, payloadSizeMax, type RecordKeys, type TlsVersion } from "../base/record.ts";
import type { Seq } from "../base/seq.ts";
import type { Kernel } from "./generation.ts";
import type { Profile } from "./profile.ts";

/** A NIC with its driver and the kernel around it, or a bond of such NICs. */
export interface Device {
  name: string;
  profile: Profile;
  /** The generation of the kernel's TLS device layer. */
  kernel: Kernel;
  mtu: number;
  /** Bond: indices of the devices below it; empty for a NIC. */
  slaves: readonly number[];
  /** What it becomes in the course of the trace, by `become` events. */
  later?: readonly Pick<Device, "profile" | "kernel">[];
}

/** Devices of one trace: a bit each in ConnectionState.held. */
export const devicesMax = 31;

/** Where the bytes of a connection's records come from, which the model cannot derive; plain data. */
export type RecordSource = GeneratedSource | WrittenSource | CapturedSource;

/** What the application writes is the keystream under a key. */
export interface GeneratedSource {
  kind: "generated";
  key: Uint8Array;
}

/** What the application writes is given: records known from elsewhere can be made again. */
export interface WrittenSource {
  kind: "written";
  bytes: Uint8Array;
}

/** A reader knows the records, by the number that the stream has in its capture. */
export interface CapturedSource {
  kind: "captured";
  stream: number;
}

/** Reads the records that a capture holds: what of a trace is no data, for it holds a file. */
export interface RecordReader {
  /** What the platform encrypts by: the model does so, too, where records are read. */
  readonly encrypter: Encrypter;
  /**
   * Header, explicit nonce and inner plaintext (TLS 1.3: with type byte and padding) of a record as the TLS layer built
   * it: everything but the tag. Null when the capture lacks its bytes or its key. `row` is that of the connection's
   * record log; the start marker is row 0.
   */
  plaintext(stream: number, row: number): Uint8Array | null;
}

/** One offloaded sender: what is fixed about it. What changes is in ConnectionState. */
export interface Connection {
  name: string;
  /** `SRC:PORT>DST:PORT`, `#2` … for a repeated 4-tuple; the name where addresses are not known. */
  flow: string;
  /** Index into Trace.devices. */
  device: number;
  version: TlsVersion;
  /** Null if unknown or not a cipher of the model (CCM): record map and resyncs work, bytes do not. */
  cipher: Cipher | null;
  /** First offloaded byte: start_offload_tcp_sn. */
  startSeq: Seq;
  /** Number of the first offloaded record (rec_seq of crypto_info). */
  recSeq0: bigint;
  /** Keys of each epoch, null where they are not known. */
  epochs: readonly (RecordKeys | null)[];
  /** Bytes a wire packet carries; 0 = unknown, every transmit counts as one packet. */
  mss: number;
  /** Most payload bytes in a record (TLS_TX_MAX_PAYLOAD_LEN). */
  payloadMax: number;
  /** Connection with the same addresses and ports whose context is still to be deleted when this one begins; −1 = none. */
  reuses: number;
  /** A capture shows its packets: what it sent did leave, whatever the model says. */
  captured: boolean;
  /** True: offloaded before the first event. False: an install event says when (captures). */
  installed: boolean;
  /** Where the bytes of its records come from; null = they are not known. */
  source: RecordSource | null;
}

/** What only few sockets have, as all others have it. */
export const usualSocket = { payloadMax: payloadSizeMax, reuses: -1 } as const;
