import { headerSize } from "../../core/base/record.ts";
import { namedCountersOf } from "../../core/machine/count.ts";
import { type CounterName, counters } from "../../core/machine/counters.ts";
import type { Profile } from "../../core/machine/profile.ts";
import { ConnectionState, type StateField } from "../../core/machine/state.ts";
import { comparedPaths } from "./compare-scope.ts";
import {
  deviceOf,
  hasContext,
  isInstalled,
  isNicReady,
  isQueueError,
  nicSeqOf,
  nicSnOf,
  profileOf,
} from "./facts.ts";
import type { Path } from "./path.ts";
import { show } from "./value.ts";
import { seqOf, type View } from "./view.ts";

const contextName = (view: View): string | null =>
  view.state.netdev < 0 ? null : deviceOf(view, view.state.netdev).name;

/** Why the driver expects nothing. */
const nothingExpected = (view: View): string => (isInstalled(view) ? "no context" : "not offloaded yet");

const contextPaths: readonly Path[] = [
  {
    path: "driver",
    says: "What the driver keeps of the connection.",
    reads: ["installed", "contexts", "expectedSeq"],
    name: () => "Driver",
    of: (view) =>
      hasContext(view) ? `expects ${seqOf(view, view.state.expectedSeq)}` : nothingExpected(view),
  },
  {
    path: "driver.expectedSeq",
    says: "The sequence number of the next packet in order (mlx5: expected_seq).",
    reads: ["installed", "contexts", "expectedSeq"],
    of: (view) => (hasContext(view) ? seqOf(view, view.state.expectedSeq) : null),
    word: (view, raw) => (hasContext(view) ? show(raw, view.numbers) : nothingExpected(view)),
  },
  {
    path: "driver.profile",
    says: "The NIC family that the device is of.",
    reads: ["equipment"],
    of: (view) => profileOf(view).id,
  },
  {
    path: "driver.paramsPosted",
    says: "Whether the device has been given the context's parameters.",
    reads: ["paramsPosted"],
    of: ({ state }) => state.paramsPosted === 1,
  },
  {
    path: "driver.postedRecordSn",
    says: "The record number that the driver posted last.",
    reads: ["postedRow", "tail"],
    of: ({ state, log }) =>
      state.postedRow > 0 && state.tail > 0 ? log.countedSn(state.postedRow, state.tail) : null,
  },
  {
    path: "driver.context",
    says: "The device that holds the context (tls_context.netdev).",
    reads: ["netdev"],
    of: contextName,
    word: (view) => contextName(view) ?? "none",
  },
  {
    path: "driver.resyncPending",
    says: "Whether the driver waits for the next record to resynchronise (TX_SYNC_SCHED).",
    reads: ["resyncPending"],
    of: ({ state }) => state.resyncPending === 1,
  },
];

const counter = (name: CounterName, field: StateField, says: string): Path => ({
  path: `driver.counters.${name}`,
  says,
  reads: [field],
  of: ({ state }) => state[field],
});

const counterPaths: readonly Path[] = [
  {
    path: "driver.counters",
    says: "The connection's share of its device's standard counters.",
    reads: ["outOfOrder"],
    of: ({ state }) => `tx_tls_ooo=${state.outOfOrder}`,
  },
  counter("tx_tls_encrypted_packets", "encryptedPackets", "Packets given to the device for encryption."),
  counter("tx_tls_encrypted_bytes", "encryptedBytes", "Their bytes."),
  counter("tx_tls_ctx", "contexts", "Contexts added to the device."),
  counter("tx_tls_ooo", "outOfOrder", "Packets out of order."),
  counter(
    "tx_tls_skip_no_sync_data",
    "skipNoSyncData",
    "Packets sent or dropped as they are, because they lie before the offload's start.",
  ),
  counter(
    "tx_tls_drop_no_sync_data",
    "dropNoSyncData",
    "Packets dropped, because their record was not in the map.",
  ),
  counter(
    "tx_tls_drop_bypass_req",
    "dropBypassRequired",
    "Packets dropped, because they begin before the offload's start and end behind it.",
  ),
];

const vendorPaths: readonly Path[] = [
  {
    path: "driver.vendor",
    says: "The connection's share of what its own driver counts.",
    reads: ["equipment"],
    of: (view) => profileOf(view).title,
  },
];

const vendorFields = new WeakMap<Profile, ReadonlyMap<string, StateField>>();

/** The field of the state behind each of a driver's counters: seen once, in a state whose counters are all different. */
function vendorFieldsOf(profile: Profile): ReadonlyMap<string, StateField> {
  let fields = vendorFields.get(profile);
  if (!fields) {
    const state = new ConnectionState();
    for (const [i, { counter }] of counters.entries()) state[counter] = i;
    const named = Object.entries(namedCountersOf(state, profile));
    fields = new Map(named.map(([name, i]) => [name, counters[i]!.counter]));
    vendorFields.set(profile, fields);
  }
  return fields;
}

const vendorCounter: Path<string> = {
  path: "driver.vendor.NAME",
  says: "One of these counters, under the vendor's name.",
  reads: ["equipment", ...counters.map(({ counter }) => counter)],
  family: { names: (view) => [...vendorFieldsOf(profileOf(view)).keys()] },
  of: (view, name) => view.state[vendorFieldsOf(profileOf(view)).get(name)!],
};

/** What the driver keeps of the connection. */
export const driverPaths: readonly Path[] = [
  ...contextPaths,
  ...comparedPaths,
  ...counterPaths,
  ...vendorPaths,
  vendorCounter,
];

/** The byte that the NIC expects as views show it; null where it expects none of the map. */
function nicExpected(view: View) {
  const expected = nicSeqOf(view);
  return expected === null ? null : seqOf(view, expected);
}

function nicText(view: View): string {
  if (profileOf(view).recovery === "pieces") return "keeps no record state";
  if (!isNicReady(view)) return "no params yet";
  return view.state.nicInStep === 1 ? `expects ${nicExpected(view) ?? "no byte of the map"}` : "out of step";
}

/** True if the NIC stands in a record of the map. */
const isInRecord = (view: View): boolean => isNicReady(view) && view.state.nicRow < view.state.tail;

/** True if the number of the record that the NIC stands in is known: it is given, or counted on from the last one. */
function isNumberKnown(view: View): boolean {
  const { state, log } = view;
  if (!isNicReady(view) || state.tail === 0) return false;
  return state.nicRow >= state.tail || log.knownSn(state.nicRow) !== null;
}

/** What the NIC keeps of the connection. */
export const nicPaths: readonly Path[] = [
  {
    path: "nic",
    says: "What the NIC keeps of the connection.",
    reads: ["nicReady", "nicInStep", "nicRow", "nicTaken", "tail", "equipment"],
    name: () => "NIC",
    of: nicText,
  },
  {
    path: "nic.expectedSeq",
    says: "The byte that the NIC's record state stands at.",
    reads: ["nicReady", "nicRow", "nicTaken", "tail"],
    of: nicExpected,
    word: (view, raw) => (isNicReady(view) ? show(raw, view.numbers) : "no params yet"),
  },
  {
    path: "nic.recordSn",
    says: "The number of the record that it stands in.",
    reads: ["nicReady", "nicRow", "tail"],
    of: (view) => (isNumberKnown(view) ? nicSnOf(view) : null),
  },
  {
    path: "nic.recordOffset",
    says: "The bytes of that record that it has taken.",
    reads: ["nicTaken"],
    of: ({ state }) => state.nicTaken,
  },
  {
    path: "nic.recordLength",
    says: "The length of that record, once the NIC has taken its header.",
    reads: ["nicReady", "nicRow", "nicTaken", "tail"],
    of: (view) => {
      const { state, log } = view;
      return state.nicTaken >= headerSize && isInRecord(view) ? log.length.at(state.nicRow) : null;
    },
    word: ({ state }, raw) => (state.nicTaken >= headerSize ? show(raw) : "header not taken yet"),
  },
  {
    path: "nic.epoch",
    says: "The key of that record, counted from 0.",
    reads: ["nicReady", "nicRow", "tail"],
    of: (view) => (isInRecord(view) ? view.log.epoch.at(view.state.nicRow) : 0),
  },
  {
    path: "nic.inStep",
    says: "Whether the NIC was fed exactly the bytes of the stream since its last parameters.",
    reads: ["nicInStep"],
    of: ({ state }) => state.nicInStep === 1,
  },
  {
    path: "nic.queueStopped",
    says: "Whether a descriptor that the NIC could not take has stopped the device's queue.",
    reads: ["nicDead", "event"],
    of: isQueueError,
  },
  {
    path: "nic.checkedSeq",
    says: "Of a NIC that checks sequence numbers: the one that it expects.",
    reads: ["contexts", "nicSeq", "equipment"],
    where: (view) => profileOf(view).seqCheckedByNic,
    of: (view) => (hasContext(view) ? seqOf(view, view.state.nicSeq) : null),
  },
];
