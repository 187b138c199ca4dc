import type { PictureView } from "../kind.ts";

/** Bytes of the stream in one role, from the offload start on. */
export interface MapRange {
  role: string;
  from: number;
  to: number;
  says: string;
}

/** A record of the map, one that has left it, or several that are too small to be told apart. */
export interface MapRecord {
  name: string;
  from: number;
  to: number;
  /** Header, nonce, payload, type byte and tag; none where records stand together. */
  parts: MapRange[];
  /** What of it is acknowledged, in flight, unsent; whether it has left the map. */
  says: string;
  /** What tls_get_record() of its first byte returns. */
  lookup: string;
  /** The event that pushed it; null = it was there from the beginning. */
  event: number | null;
}

/** A place that somebody stands at. */
export interface MapCursor {
  role: string;
  at: number;
  says: string;
}

/** Sequence space as it is where the debugger stands: along x lie bytes from the offload start on. */
export interface RecordMapView extends PictureView {
  title: string;
  records: MapRecord[];
  /** How many records the part has. */
  recordCount: number;
  /** What TCP says of the bytes: acknowledged, in flight, unsent. */
  ranges: MapRange[];
  /** The bytes of the event's packet; null where it is none. */
  packet: (MapRange & { event: number }) | null;
  cursors: MapCursor[];
}

/** What the roles of the picture are. */
export const mapWords = {
  "byte-header": "header",
  "byte-nonce": "nonce",
  "map-payload": "payload",
  "byte-type": "type byte",
  "byte-tag": "tag",
  gap: "records that are not known",
  marker: "start marker",
  hint: "hint: where the next lookup begins",
  driver: "the driver expects",
  nic: "the NIC expects",
  acknowledged: "acknowledged",
  sacked: "acknowledged selectively",
  "in-flight": "in flight",
  unsent: "not sent yet",
  open: "an open record, not in TCP yet",
  packet: "this packet",
} as const;

/** Those that are drawn as a line at a place. */
export const cursorRoles: ReadonlySet<string> = new Set(["marker", "hint", "driver", "nic"]);
