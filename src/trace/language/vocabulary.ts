import { recordType } from "../../core/base/record.ts";

/** Words of the trace language for record types; every other type is a number. */
export const recordTypeNames = {
  change_cipher_spec: recordType.changeCipherSpec,
  alert: recordType.alert,
  handshake: recordType.handshake,
  application_data: recordType.applicationData,
} as const;

const nameOfType = new Map<number, string>(
  Object.entries(recordTypeNames).map(([name, type]) => [type, name]),
);

/** A record type as text: its name, else its number. */
export const typeText = (type: number): string => nameOfType.get(type) ?? String(type);

/** Other names of effects' fields: those of the JSON output. */
export const fieldAliases: Readonly<Record<string, string>> = {
  expectedSeq: "expected",
  recordSn: "record",
  replayedBytes: "replayed",
};

/** What a declaration means where it does not say it. */
export const defaults = { profile: "connectx", mtu: 1500, version: "1.2", cipher: "aes-128-gcm" } as const;

/** What a device's packet loses to IPv4 and TCP headers with the timestamp option: mss is mtu less this, unless given. */
export const headersSize = 52;
