import { headerSize } from "../../core/base/record.ts";
import { advance } from "../../core/base/seq.ts";
import { countersOf, vendorCountersOf } from "../../core/machine/count.ts";
import { nicExpectedSeq, nicRecordSn } from "../../core/nic/nic.ts";
import { descriptorKinds, engineNames, replayedBytes, tcbFields } from "../../core/words/descriptor.ts";
import { comparedNodes } from "./compare-view.ts";
import { group, leaf, show, type ViewNode } from "./value.ts";
import { seqOf, type View } from "./view.ts";

/** What the driver keeps of the connection. */
export function driver(view: View): ViewNode {
  const { state, log, machine } = view;
  const profile = view.socket.profile;
  const summary = state.installed === 1 ? `expects ${seqOf(view, state.expectedSeq)}` : "not offloaded yet";
  return group("driver", "Driver", summary, () => [
    state.installed === 1
      ? leaf("driver", "expectedSeq", seqOf(view, state.expectedSeq))
      : leaf("driver", "expectedSeq", null, "not offloaded yet"),
    leaf("driver", "profile", profile.id),
    leaf("driver", "paramsPosted", state.paramsPosted === 1),
    leaf(
      "driver",
      "postedRecordSn",
      state.postedRow > 0 && state.tail > 0 ? log.countedSn(state.postedRow, state.tail) : null,
    ),
    leaf(
      "driver",
      "context",
      state.netdev < 0 ? null : machine.devices[state.netdev]!.name,
      state.netdev < 0 ? "none" : machine.devices[state.netdev]!.name,
    ),
    leaf("driver", "resyncPending", state.resyncPending === 1),
    ...comparedNodes(view),
    group("driver.counters", "counters", `tx_tls_ooo=${state.outOfOrder}`, () =>
      Object.entries(countersOf(state))
        .filter(([name]) => name.startsWith("tx_"))
        .map(([name, value]) => leaf("driver.counters", name, value)),
    ),
    group("driver.vendor", "vendor", profile.title, () =>
      Object.entries(vendorCountersOf(state, profile)).map(([name, value]) =>
        leaf("driver.vendor", name, value),
      ),
    ),
  ]);
}

/** What the NIC keeps of the connection. */
export function nic(view: View): ViewNode {
  const { state, log } = view;
  const expected = nicExpectedSeq(view.socket);
  const raw = expected === null ? null : seqOf(view, expected);
  const known =
    state.nicReady === 1 &&
    state.tail > 0 &&
    (state.nicRow >= state.tail || log.knownSn(state.nicRow) !== null);
  const length = state.nicReady === 1 && state.nicRow < state.tail ? log.length.at(state.nicRow) : null;
  const { recovery, seqCheckedByNic } = view.socket.profile;
  const summary =
    recovery === "pieces"
      ? "keeps no record state"
      : state.nicReady === 0
        ? "no params yet"
        : state.nicInStep === 1
          ? `expects ${raw === null ? "no byte of the map" : raw}`
          : "out of step";
  return group("nic", "NIC", summary, () => [
    leaf("nic", "expectedSeq", raw, state.nicReady === 0 ? "no params yet" : show(raw)),
    leaf("nic", "recordSn", known ? nicRecordSn(view.socket) : null),
    leaf("nic", "recordOffset", state.nicTaken),
    leaf(
      "nic",
      "recordLength",
      state.nicTaken >= headerSize ? length : null,
      state.nicTaken >= headerSize ? undefined : "header not taken yet",
    ),
    leaf("nic", "epoch", state.nicRow < state.tail && state.nicReady === 1 ? log.epoch.at(state.nicRow) : 0),
    leaf("nic", "inStep", state.nicInStep === 1),
    leaf("nic", "queueStopped", state.nicDead === 1 || view.socket.isQueueStopped),
    ...(seqCheckedByNic ? [leaf("nic", "checkedSeq", seqOf(view, state.nicSeq))] : []),
  ]);
}

/** The transmit queue as far as it is posted. */
export function descriptors(view: View): ViewNode {
  const { recording, position } = view;
  const stage = recording.stages[position.stage];
  const posted = recording.descriptors.slice(0, stage?.posted ?? 0);
  const node = group("descriptors", "Descriptors", queueText(view, posted.length), () => [
    ...resyncOf(view, posted.length),
    ...waitingOf(view),
  ]);
  node.indexed = { count: posted.length, at: (i) => descriptor(view, i, stage?.taken ?? 0) };
  return node;
}

/** What was posted by earlier events, or by this one, and that the NIC has not taken: the queue is held, or no doorbell rang. */
function waitingOf(view: View): ViewNode[] {
  const { state } = view;
  const count = state.waitTail - state.waitHead;
  const log = view.socket.waiting;
  if (count === 0) return [];
  const { descriptorNames } = view.socket.profile;
  const node = group("descriptors.waiting", "waiting", `${count}`, () => []);
  node.indexed = {
    count,
    at: (i) => {
      const { kind, from, length, event } = log.at(state.waitHead + i);
      const range = `${seqOf(view, from).relative}:${seqOf(view, advance(from, length)).relative}(${length})`;
      const name = descriptorNames[descriptorKinds[kind]!];
      return { ...leaf("descriptors.waiting", `${i} ${name}`, length > 0 ? range : name), event };
    },
  };
  return [node];
}

/** The queue on one line, as `PROGRESS NOP DUMP×3 PKT`. */
export function queueText(view: View, posted: number): string {
  if (posted === 0) return "nothing posted";
  const { descriptorNames } = view.socket.profile;
  const words: { name: string; times: number }[] = [];
  for (const { kind } of view.recording.descriptors.slice(0, posted)) {
    const last = words.at(-1);
    if (last?.name === descriptorNames[kind]) last.times++;
    else words.push({ name: descriptorNames[kind], times: 1 });
  }
  return words.map(({ name, times }) => (times === 1 ? name : `${name}×${times}`)).join(" ");
}

/** What the posted work rebuilds: the record and how much of it, summed over the pieces. */
function resyncOf(view: View, posted: number): ViewNode[] {
  const descriptors = view.recording.descriptors.slice(0, posted);
  const sync = descriptors.find(({ kind }) => kind === "sync-packet");
  if (!sync && !descriptors.some(({ kind }) => kind === "progress-params")) return [];
  const { log, state } = view;
  const named = sync?.row ?? state.postedRow;
  const prefix = replayedBytes(descriptors);
  const counted = state.tail > 0 && named > 0 ? log.countedSn(named, state.tail) : null;
  return [
    leaf("descriptors", "recordSn", named < state.tail && named > 0 ? log.knownSn(named) : counted),
    leaf("descriptors", "prefixLength", prefix, `${prefix} bytes`),
  ];
}

/** How the packet's bytes come to be what they are on the wire, by Engine. */
const encryptedBy = ["as it is", "to be encrypted", "to be encrypted by itself", "encrypted in software"];

function descriptor(view: View, i: number, taken: number): ViewNode {
  const { log, state } = view;
  const it = view.recording.descriptors[i]!;
  const path = `descriptors[${i}]`;
  const name = view.socket.profile.descriptorNames[it.kind];
  const words = [
    it.row > 0 ? `record ${log.countedSn(it.row, state.tail)}` : "",
    it.length > 0 || it.kind === "sync-packet"
      ? `${seqOf(view, it.seq).relative}:${seqOf(view, advance(it.seq, it.length)).relative}(${it.length})`
      : "",
    it.fence ? "fence" : "",
    it.kind === "packet" ? encryptedBy[it.engine]! : "",
    it.kind === "tcb" ? `${tcbFields[it.engine]!} ${seqOf(view, it.seq)}` : "",
    i < taken ? "taken" : "waiting",
  ];
  const node = group(path, `${i} ${name}`, words.filter((word) => word !== "").join(", "), () => [
    leaf(path, "kind", it.kind),
    leaf(path, "recordSn", it.row > 0 ? log.countedSn(it.row, state.tail) : null),
    leaf(path, "seq", it.length > 0 ? seqOf(view, it.seq) : null),
    leaf(path, "length", it.length),
    leaf(path, "fence", it.fence),
    leaf(path, "encryptedBy", it.kind === "packet" ? engineNames[it.engine]! : null),
    leaf(path, "taken", i < taken),
  ]);
  if (it.length > 0) node.range = { from: it.seq, length: it.length };
  return node;
}
