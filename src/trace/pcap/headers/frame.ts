/** One frame of a capture. One instance serves a whole file: its reader fills in the fields. */
export class Frame {
  bytes: Uint8Array = new Uint8Array(0);
  /** Index of its first byte; headers are in `bytes`, the rest may lie behind their end. */
  start = 0;
  /** Bytes of the frame that the file holds. */
  captured = 0;
  /** Its size before it was cut. */
  size = 0;
  /** LINKTYPE_ value; negative: an unknown one that its reader reports. */
  linkType = 0;
  /** Number of the interface that captured it, in its file. */
  interface = 0;
  /** Place of its first byte in the file. */
  offset = 0;
  /** Nanoseconds since the first packet of the capture. */
  timeNs = 0;
}
