import { Flag, Kind, settables } from "../../core/words/event.ts";
import { always, type Form, flag, form, operand, option, type Part, word } from "./form.ts";

/** What stands in front of the verb of an event: of a connection's, of a device's. */
const seconds = operand(
  "+SECONDS",
  "seconds",
  "The time since the event line above, with at most 9 decimals; `-` where the trace goes backwards.",
);
export const eventHead = {
  connection: [
    seconds,
    operand("CONNECTION", "connection", "The connection, declared above, that the event happens to."),
  ],
  device: [
    seconds,
    operand("DEVICE", "device", "The device, declared above; the event is of every connection on it."),
  ],
} as const;

const recordType = (says: string, more: Partial<Part> = {}) =>
  option(["type", "TYPE"], "record-type", says, { absent: "application_data", ...more });

/** What `racing` is in an acknowledgement's `extra` column. */
export const raceBit = 1;
/** What `unopened` is to the reader of a record, and `uncaptured` to that of a transmit: neither is in the column of flags. */
export const unopenedBit = 1;
export const uncapturedBit = 1 << 16;

/** What happens to a connection, in the order in which messages list it. */
export const connectionForms: readonly Form[] = [
  form({
    family: "connection",
    verb: "install",
    kind: Kind.install,
    says: "The application calls setsockopt(TLS_TX): the connection is offloaded from here on. Without such a line it is from the beginning.",
    example: "install",
    parts: [
      flag(
        "unsent",
        Flag.unsent,
        "Bytes from before wait unsent in the write queue, so that its tail is fenced.",
      ),
    ],
  }),
  form({
    family: "connection",
    verb: "send",
    kind: Kind.send,
    moves: true,
    says: "The application writes: sendmsg(), or sendfile with `zerocopy`.",
    example: "send 40000",
    parts: [
      operand("LENGTH", "bytes", "Payload bytes written, 0 to 2^30."),
      flag("more", Flag.more, "MSG_MORE: the record stays open."),
      flag("eor", Flag.eor, "MSG_EOR: the record is closed.", {
        not: { name: "more", because: "sendmsg() refuses MSG_MORE with MSG_EOR (EINVAL); leave one out" },
      }),
      flag("zerocopy", Flag.zerocopy, "The pages are the user's own (TLS_TX_ZEROCOPY_RO, MSG_SPLICE_PAGES)."),
      option(["pieces", "N"], "number", "The contiguous pieces of memory that zero-copy bytes lie in.", {
        needs: "zerocopy",
        absent: "1",
      }),
      recordType("The record type, set by a control message (TLS_SET_RECORD_TYPE): a name or a number.", {
        bit: Flag.typed,
        not: {
          name: "more",
          because: "sendmsg() refuses MSG_MORE with a record type (EINVAL); leave one out",
        },
      }),
    ],
  }),
  form({
    family: "connection",
    verb: "record",
    kind: Kind.record,
    moves: true,
    says: "A record as a capture shows it, pushed as it is.",
    example: "record 1053",
    parts: [
      operand("LENGTH", "bytes", "Its bytes, from header to tag."),
      recordType("Its content type: a name or a number."),
      option(
        ["sn", "N|?"],
        "record-number",
        "Its number where that does not follow from the record before; `?` = not known.",
        { absent: "the next number" },
      ),
      option(["epoch", "E"], "number", "The key epoch that begins with it, 0 to 65535.", {
        absent: "that of the record before",
      }),
      flag(
        "unopened",
        unopenedBit,
        "What it holds is not known, though its keys are: it is damaged, or the capture lacks some of it.",
        { rare: true },
      ),
    ],
  }),
  form({
    family: "connection",
    verb: "gap",
    kind: Kind.gap,
    moves: true,
    says: "Bytes of the stream whose records are not known: a capture lacks them.",
    example: "gap 2896",
    parts: [operand("LENGTH", "bytes", "How many bytes, from 1.")],
  }),
  form({
    family: "connection",
    verb: ">",
    kind: Kind.transmit,
    moves: true,
    says: "TCP hands a segment to the device. Only bytes that TCP has can be sent.",
    example: "> 0:1448(1448)",
    parts: [
      operand(
        "START:END(LENGTH)",
        "segment",
        "Its bytes, relative to the first offloaded one; before that they are negative.",
      ),
      flag("fin", Flag.fin, "It carries FIN, which is no byte of the stream."),
      flag("lost", Flag.lost, "It is lost on the wire after it left the NIC."),
      flag("qdisc-drop", Flag.qdiscDrop, "The qdisc took it and lost it: it never reaches the driver.", {
        not: {
          name: "lost",
          because: "what the qdisc dropped cannot be lost on the wire too; leave one out",
        },
      }),
      flag("captured", Flag.captured, "A capture shows it, so it did leave, whatever the model says of it."),
      flag(
        "uncaptured",
        uncapturedBit,
        "No capture shows it, though its connection is of one (`from=capture`): it leaves if the model says so.",
        { rare: true },
      ),
      flag(
        "straddle",
        Flag.straddle,
        "It is the part behind the offload start of a captured segment; the line above is the part before.",
      ),
      flag("orphan", Flag.orphan, "It loses its socket before it reaches the device (skb_orphan())."),
      flag(
        "orphan-partial",
        Flag.orphanPartial,
        "It is to lose its socket by skb_orphan_partial() (netem).",
        {
          not: { name: "orphan", because: "a segment is orphaned wholly or in part; leave one out" },
        },
      ),
      flag("marked", Flag.marked, "It carries the offload mark, whatever its bytes are."),
      flag(
        "no-memory",
        Flag.noMemory,
        "An allocation that it needs fails (metadata, SYNC packet, fallback).",
      ),
      flag("ring-full", Flag.ringFull, "The ring has no room for more than the packet itself."),
      flag(
        "xmit-more",
        Flag.undoorbelled,
        "More packets follow (xmit_more), so the doorbell is not rung yet.",
      ),
      option(
        ["dma-error", "K"],
        "number",
        "The K-th mapping that it needs fails, from 1; without `=K` the first.",
        { alone: "1", absent: "none" },
      ),
      option(["queue", "N"], "number", "It goes to this transmit queue, from 0.", {
        absent: "the connection's",
      }),
    ],
  }),
  form({
    family: "connection",
    verb: "<",
    kind: Kind.ack,
    says: "The peer acknowledges.",
    example: "< ack 1448 sack 4344:40087",
    stray: "behind the acknowledgement only `sack START:END,…` and `racing` can stand",
    parts: [
      always(
        word(["ack", "N"], "place", "Everything before this byte, relative to the first offloaded one."),
      ),
      word(
        ["sack", "START:END,…"],
        "ranges",
        "Ranges that came in though bytes before them are missing, at most 4.",
        {
          wants: "behind sack stand blocks, e.g. `sack 4344:40087`",
        },
      ),
      flag(
        "racing",
        raceBit,
        "It comes in on another CPU while the driver is at work on the connection's next segment.",
      ),
    ],
  }),
  form({
    family: "connection",
    verb: "merge",
    kind: Kind.merge,
    says: "TCP tries to make one segment of these bytes (retransmit collapse, SACK shift); a fence prevents it.",
    example: "merge 0:2896",
    parts: [operand("START:END", "range", "Bytes that TCP has.")],
  }),
  form({
    family: "connection",
    verb: "split",
    kind: Kind.split,
    says: "TCP divides a segment.",
    example: "split 1448",
    parts: [operand("AT", "place", "The byte that the second part begins with.")],
  }),
  form({
    family: "connection",
    verb: "page-write",
    kind: Kind["page-write"],
    says: "The application changes the zero-copy pages behind these bytes.",
    example: "page-write 13:1448",
    parts: [operand("START:END", "range", "Bytes that TCP has.")],
  }),
  form({
    family: "connection",
    verb: "set",
    kind: Kind.set,
    says: "What if: somebody sets a value of driver or NIC.",
    example: "set driver.expectedSeq 4344",
    parts: [
      operand("PATH", "settable", `What is set: ${settables.join(", ")}.`),
      operand(
        "VALUE",
        "place",
        "A place in the stream, relative to the first offloaded byte; the number of a record that was pushed; 0 or 1.",
      ),
    ],
  }),
  form({
    family: "connection",
    verb: "splice-eof",
    kind: Kind["splice-eof"],
    moves: true,
    says: "A sendfile reaches the end of its file.",
    example: "splice-eof",
    parts: [],
  }),
  form({
    family: "connection",
    verb: "rekey",
    kind: Kind.rekey,
    moves: true,
    says: "The application calls setsockopt(TLS_TX) once more, after a KeyUpdate of TLS 1.3: new keys (FreeBSD takes none).",
    example: "rekey",
    parts: [],
  }),
  form({
    family: "connection",
    verb: "reroute",
    kind: Kind.reroute,
    says: "The route leads through another device from now on.",
    example: "reroute eth1",
    parts: [operand("DEVICE", "device", "The device, declared above.")],
  }),
  form({
    family: "connection",
    verb: "close",
    kind: Kind.close,
    moves: true,
    says: "The application calls close(): an open record is pushed.",
    example: "close",
    parts: [],
  }),
  form({
    family: "connection",
    verb: "destruct",
    kind: Kind.destruct,
    says: "The socket is gone with its last segment: the driver's context is deleted.",
    example: "destruct",
    parts: [],
  }),
];

const deviceEvents: readonly [verb: keyof typeof Kind, says: string][] = [
  ["down", "The device goes down (NETDEV_DOWN): its connections go on in software."],
  ["up", "The device comes up again (NETDEV_UP)."],
  ["reset", "Its transmit queue is reset; what waits in it is discarded."],
  ["hold", "The NIC stops taking descriptors."],
  ["resume", "The NIC takes what waits, and goes on."],
  ["refuse", "The driver fails what the TLS layer asks of it (tls_dev_add, tls_dev_resync) from here on."],
  ["accept", "The driver does again what the TLS layer asks of it."],
];

/** What happens to a device. */
export const deviceForms: readonly Form[] = [
  ...deviceEvents.map(([verb, says]) =>
    form({ family: "device", verb, kind: Kind[verb], says, example: verb, parts: [] }),
  ),
  form({
    family: "device",
    verb: "become",
    kind: Kind.become,
    says: "What if: the device has another profile, bug or kernel from here on. One of its own family goes on from what it finds, one of another takes over in step where the driver stands.",
    example: "become connectx/long-dump@v5.8",
    parts: [operand("PROFILE", "profile", "As on a device's line, with `@KERNEL` for another kernel.")],
  }),
];

const byVerb = (list: readonly Form[]) => new Map(list.map((one) => [one.verb, one]));
export const connectionFormOf: ReadonlyMap<string, Form> = byVerb(connectionForms);
export const deviceFormOf: ReadonlyMap<string, Form> = byVerb(deviceForms);

/** The form of an event, by its kind. */
export const formOfKind: readonly Form[] = [...connectionForms, ...deviceForms].reduce<Form[]>(
  (list, one) => {
    list[one.kind] = one;
    return list;
  },
  [],
);

/** Bits of the flag words behind a transmit, a send and an install, in the order in which they are printed. */
export const transmitFlags = formOfKind[Kind.transmit]!.flags;
export const sendFlags = formOfKind[Kind.send]!.flags;
export const installFlags = formOfKind[Kind.install]!.flags;
