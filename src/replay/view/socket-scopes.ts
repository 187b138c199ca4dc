import { versionName } from "../../core/base/record.ts";
import { Change, type ChangeRow } from "../../core/machine/change-log.ts";
import { Hook, Rekey } from "../../core/machine/state.ts";
import { counted } from "../../trace/visible.ts";
import { changeAt, deviceOf, hasAcked, hasSent, isInstalled, isSoftware } from "./facts.ts";
import type { Path } from "./path.ts";
import { show } from "./value.ts";
import { rangeIn, seqOf, type View } from "./view.ts";

/** sk_validate_xmit_skb by Hook. */
const hookNames = [
  "none",
  "tls_validate_xmit_skb",
  "tls_validate_xmit_skb_sw",
  "tls_validate_xmit_skb (rekey)",
] as const;

const rekeyNames = ["none", "pending", "ready", "failed"] as const;

/** Who encrypts what is written now. */
function encryptionOf(view: View): string {
  if (!isInstalled(view)) return "not offloaded yet";
  if (isSoftware(view)) return "software, before TCP (TLS_SW)";
  return view.state.hook === Hook.software ? "software, packet by packet (fallback)" : "device";
}

const socketPaths: readonly Path[] = [
  {
    path: "tcp",
    says: "The connection as TCP and the validation hook see it.",
    reads: [],
    name: () => "Connection (TCP)",
    of: ({ connection: { name, flow } }) => (name === flow ? name : `${name} ${flow}`),
  },
  {
    path: "tcp.name",
    says: "Its name in the trace.",
    reads: [],
    of: ({ connection }) => connection.name,
  },
  {
    path: "tcp.flow",
    says: "Its addresses and ports, where they are known.",
    reads: [],
    where: ({ connection: { name, flow } }) => name !== flow,
    of: ({ connection }) => connection.flow,
  },
  {
    path: "tcp.device",
    says: "The device it was made for.",
    reads: [],
    of: (view) => deviceOf(view, view.connection.device).name,
  },
  {
    path: "tcp.kernel",
    says: "The generation of the kernel's TLS device layer.",
    reads: ["equipment"],
    of: (view) => view.socket.kernel.id,
  },
  {
    path: "tcp.version",
    says: "The TLS version, 1.2 or 1.3.",
    reads: [],
    of: ({ connection }) => versionName(connection.version),
  },
  {
    path: "tcp.cipher",
    says: "The cipher, where it is known.",
    reads: [],
    of: ({ connection }) => connection.cipher,
  },
  {
    path: "tcp.offloaded",
    says: "Whether the socket is offloaded to the device.",
    reads: ["installed", "software"],
    of: (view) => isInstalled(view) && !isSoftware(view),
  },
  {
    path: "tcp.encryption",
    says: "Who encrypts what is written now: the device, the fallback packet by packet, or TLS_SW before TCP.",
    reads: ["installed", "software", "hook"],
    of: encryptionOf,
  },
  {
    path: "tcp.hook",
    says: "The validation hook, sk_validate_xmit_skb.",
    reads: ["hook"],
    of: ({ state }) => hookNames[state.hook]!,
  },
  {
    path: "tcp.route",
    says: "The device that the route leads through.",
    reads: ["route"],
    of: (view) => deviceOf(view, view.state.route).name,
  },
  {
    path: "tcp.queue",
    says: "The transmit queue of that device.",
    reads: ["queueNumber"],
    of: ({ state }) => state.queueNumber,
  },
  {
    path: "tcp.rekey",
    says: "How far a change of the device's key has got: none, pending, ready or failed.",
    reads: ["rekey"],
    of: ({ state }) => rekeyNames[state.rekey]!,
  },
  {
    path: "tcp.epoch",
    says: "The key that the next record is encrypted with, counted from 0.",
    reads: ["epoch"],
    of: ({ state }) => state.epoch,
  },
  {
    path: "tcp.rekeyBoundary",
    says: "While a change of the key is under way: where the old key's records end.",
    reads: ["rekey", "boundary"],
    where: ({ state }) => state.rekey === Rekey.pending || state.rekey === Rekey.ready,
    of: (view) => seqOf(view, view.state.boundary),
  },
  {
    path: "tcp.startSeq",
    says: "The first offloaded byte.",
    reads: [],
    of: (view) => seqOf(view, view.connection.startSeq),
  },
  {
    path: "tcp.sndUna",
    says: "The first byte that is not acknowledged.",
    reads: ["acked", "sndUna"],
    of: (view) => (hasAcked(view) ? seqOf(view, view.state.sndUna) : null),
    word: (view, raw) => (hasAcked(view) ? show(raw, view.numbers) : "nothing acknowledged yet"),
  },
  {
    path: "tcp.sndNxt",
    says: "The byte behind the last one handed to the device.",
    reads: ["sent", "sndNxt"],
    of: (view) => (hasSent(view) ? seqOf(view, view.state.sndNxt) : null),
    word: (view, raw) => (hasSent(view) ? show(raw, view.numbers) : "nothing sent yet"),
  },
  {
    path: "tcp.writeSeq",
    says: "The byte behind the last record pushed.",
    reads: ["tail"],
    of: (view) => seqOf(view, view.socket.writeSeq),
  },
  {
    path: "tcp.mss",
    says: "Bytes that a wire packet carries, where they are known.",
    reads: [],
    of: ({ connection }) => (connection.mss === 0 ? null : connection.mss),
  },
  {
    path: "tcp.changes",
    says: "How many fences, offload marks and page writes there were.",
    reads: ["changes"],
    of: ({ state }) => `${state.changes}`,
  },
];

function changeText(view: View, { kind, from, length, value }: ChangeRow): string {
  const range = rangeIn(view, from, length).replace(/\(.*/, "");
  const [start] = range.split(":");
  if (kind === Change.fence) return `fence at ${start}`;
  return kind === Change.mark
    ? `${range} is one segment, ${value === 1 ? "marked" : "not marked"} for offload`
    : `pages behind ${range} changed`;
}

const changes: Path<ChangeRow> = {
  path: "tcp.changes[i]",
  says: "One of them, in order: where, and what it is.",
  reads: ["changes"],
  family: { count: ({ state }) => state.changes, at: changeAt },
  name: (_view, _change, i) => String(i),
  of: changeText,
};

/** The socket as TCP and the validation hook see it. */
export const tcpPaths: readonly Path[] = [...socketPaths, changes];

/** Keys are never shown: only that they are there, and their sizes. */
export const keyPaths: readonly Path[] = [
  {
    path: "keys",
    says: "How many of the connection's keys are known. Keys themselves are never shown.",
    reads: [],
    name: () => "Keys (masked)",
    of: ({ connection }) => {
      const known = connection.epochs.filter((epoch) => epoch !== null).length;
      return `${known} of ${counted(connection.epochs.length, "epoch")} known`;
    },
  },
  {
    path: "keys.epochN",
    says: "The size of one of them, the first is epoch0; unknown where the key is not known.",
    reads: [],
    family: { count: ({ connection }) => connection.epochs.length, at: (_view, i) => i },
    of: ({ connection }, i) => {
      const keys = connection.epochs[i as number];
      return keys ? `${keys.key.length * 8} bit key, masked` : null;
    },
  },
];
