import { addU64 } from "../base/record.ts";
import type { Seq } from "../base/seq.ts";
import { RecordKind } from "../machine/record-log.ts";
import type { Socket } from "../machine/socket.ts";
import { Hook, isSet } from "../machine/state.ts";
import { restart } from "../nic/nic.ts";
import { RefusalCode } from "../words/effect-words.ts";

/** What keeps the connection from being offloaded, as one of RefusalCode; −1 if nothing does. */
export function refusalOf(socket: Socket): number {
  const { kernel, profile, state } = socket;
  const { version, cipher } = socket.connection;
  const device = contextDevice(socket);
  if (isSet(state.down, device)) return RefusalCode["device-down"];
  if (!kernel.versions.includes(version) || (kernel.strict && !profile.versions.includes(version)))
    return RefusalCode.version;
  const known = cipher !== null && kernel.strict;
  if (known && !(kernel.ciphers.includes(cipher) && profile.ciphers.includes(cipher)))
    return RefusalCode.cipher;
  return isSet(state.refusing, device) ? RefusalCode.driver : -1;
}

/**
 * tls_set_device_offload() and the driver's tls_dev_add: marker, record numbers, expected sequence number. Where it is
 * refused the kernel goes on with TLS_SW, which the application is not told. Gives what refusalOf gave.
 */
export function install(socket: Socket): number {
  const { startSeq, recSeq0 } = socket.connection;
  const refusal = refusalOf(socket);
  socket.state.installed = 1;
  putMarker(socket, startSeq, addU64(recSeq0, -1), 0);
  if (refusal < 0) addContext(socket, startSeq);
  else socket.rules.takeRefusal(socket, startSeq);
  return refusal;
}

/** The record map holds a start marker alone: the zero-length entry that counts as the record before the first. */
export function putMarker({ records, state }: Socket, at: Seq, sn: bigint, epoch: number): void {
  records.put(state.tail, {
    kind: RecordKind.startMarker,
    endSeq: at,
    length: 0,
    type: 0,
    epoch,
    sn,
    snKnown: true,
    payloadAt: 0,
    pieceSize: 0,
    openedBy: -1,
    pushedBy: -1,
  });
  state.head = state.tail;
  state.markerRow = state.tail;
  state.tail++;
}

/** The driver's tls_dev_add succeeded: hook, device and what driver and NIC start from, the next row. */
export function addContext(socket: Socket, at: Seq): void {
  const { state } = socket;
  state.hook = Hook.device;
  state.netdev = contextDevice(socket);
  state.expectedSeq = at;
  state.nicSeq = at;
  state.postedRow = state.tail;
  state.contexts++;
  state.paramsPosted = 0;
  state.nicReady = 0;
  state.nicInStep = 0;
  state.nicDead = 0;
  state.nicStaticRow = state.tail;
  if (socket.profile.paramsWithFirstPacket) return;
  // Chelsio's first packet brings no params, but is the first to move the TCP control block.
  if (socket.profile.recovery !== "pieces") state.paramsPosted = 1;
  restart(state, state.tail);
}

/** netdev: the lowest device under the route; of a bond the slave that the socket hashes to. */
export function contextDevice({ connection, device, index, rules }: Socket): number {
  const { slaves } = device;
  return slaves.length === 0 ? connection.device : slaves[rules.slaveOf(index) % slaves.length]!;
}
