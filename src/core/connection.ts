import type { Profile } from "./profile.ts";
import type { Cipher, RecordKeys, TlsVersion } from "./record.ts";
import type { Seq } from "./seq.ts";

/** A NIC and its driver: one transmit queue, one profile. */
export interface Device {
  name: string;
  profile: Profile;
  mtu: number;
}

/**
 * What the model cannot derive: the bytes of a record as the TLS layer built it.
 * Row numbers are those of the connection's record log; the start marker is row 0.
 */
export interface RecordSource {
  /**
   * Header, explicit nonce and inner plaintext (TLS 1.3: with type byte and padding) of the record at `row`:
   * everything but the tag. Null when a capture lacks its bytes or its key.
   */
  plaintext(row: number): Uint8Array | null;
}

/** One offloaded sender: what is fixed about it. What changes is in ConnectionState. */
export interface Connection {
  name: string;
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
  /** True: offloaded before the first event. False: an install event says when (captures). */
  installed: boolean;
  /** Where the bytes of captured records come from; null for a trace file, whose payload is generated. */
  source: RecordSource | null;
  /** Payload bytes [offset, offset + length) of what the application writes, for generated content. */
  payload: ((offset: number, length: number) => Uint8Array) | null;
}
