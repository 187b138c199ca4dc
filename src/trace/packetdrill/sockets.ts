import { integerArg, maySendSyn, type ScriptCall } from "./call.ts";
import type { ScriptPacket } from "./packet.ts";

/** A TCP socket of the script. */
interface Socket {
  descriptor: number;
  /** −1: none yet. */
  connection: number;
  /** TCP_FASTOPEN_CONNECT: connect() leaves the SYN to the first write. */
  deferred: boolean;
}

/** What the script shows of a connection's life. */
interface Life {
  /** Still in its handshake: another SYN belongs to it too. */
  fresh: boolean;
  /** A SYN of it was seen. */
  asked: boolean;
  /** The other end's SYN was seen. */
  answered: boolean;
  /** The other end sent the SYN. */
  passive: boolean;
  reset: boolean;
  name: string | null;
}

/**
 * Which connection a system call or a packet belongs to. Most scripts name none: they play one connection after the
 * other, so a packet is the latest one's (or that of its ends or socket), and a SYN-ACK or a SYN begins the next.
 */
export class ScriptSockets {
  private readonly sockets = new Map<number, Socket>();
  private readonly lives: Life[] = [];
  /** Connections by what a script tells them apart by: their ends, or the socket that listens. */
  private readonly byName = new Map<string, number>();
  private current = -1;
  /** A SYN came in on a connection in use: the answer tells whether it begins another one or is refused. */
  private synPending = false;
  /** What that SYN names its connection, for answers often do not. */
  private synName: string | null = null;
  /** Descriptors of accept() calls that wait for a connection. */
  private readonly accepting: number[] = [];
  private readonly unaccepted: number[] = [];
  /** Sockets whose connect() has not sent its SYN yet. */
  private readonly connecting: Socket[] = [];
  private readonly begin: () => number;

  /** `begin` makes a connection and gives its index, 0 first. */
  constructor(begin: () => number) {
    this.begin = begin;
  }

  /** Takes note of calls that make, connect and close sockets. */
  call(call: ScriptCall): void {
    const { name, args, result } = call;
    const made = result !== null && result >= 0;
    if (name === "socket" && made) this.open(result, args);
    if (/^(?:accept4?|mp_join_accept)$/.test(name) && made) this.accept(integerArg(call, 0), result);
    const socket = this.sockets.get(integerArg(call, 0));
    if (socket === undefined) return;
    if (name === "setsockopt" && args[2] === "TCP_FASTOPEN_CONNECT") socket.deferred = result === 0;
    if (name !== "connect") return;
    if (/\bAF_UNSPEC\b/.test(args[1] ?? "")) socket.connection = -1;
    else if (result !== 0 || !socket.deferred) this.connect(socket, call);
  }

  /** A write that takes nothing connects too, by MSG_FASTOPEN or after a connect() that left it the SYN. */
  tookNothing(descriptor: number, fastOpen: boolean, call: ScriptCall): void {
    const socket = this.sockets.get(descriptor);
    if (socket !== undefined && (fastOpen || socket.deferred)) this.connect(socket, call);
  }

  /** The connection of a descriptor that is written to; −1 if it is no TCP socket. Writing can begin one (Fast Open). */
  writeTo(descriptor: number): number {
    const socket = this.sockets.get(descriptor);
    if (socket === undefined) return -1;
    if (socket.connection < 0) this.attach(socket);
    return socket.connection;
  }

  /** The connection that close() or shutdown() of a descriptor ends, −1 if there is none. */
  connectionOf(descriptor: number): number {
    return this.sockets.get(descriptor)?.connection ?? -1;
  }

  /** True once the other end's SYN has come in: before that, TCP takes no acknowledgement. */
  isAnswered(connection: number): boolean {
    return this.lives[connection]!.answered;
  }

  /** The descriptor is free for the next socket. */
  closed(descriptor: number): void {
    this.sockets.delete(descriptor);
    this.byName.delete(socketName(descriptor));
  }

  /** The connection that a packet belongs to; −1 if there is none (yet). */
  packet(packet: ScriptPacket): number {
    const { socket } = packet;
    const name = packet.ends ?? (socket === null ? null : socketName(socket));
    const own = socket === null ? -1 : this.connectionOf(socket);
    const connection = own >= 0 ? own : (this.byName.get(name ?? "") ?? this.find(packet, name));
    const life = this.lives[connection];
    if (life === undefined) return -1;
    if (name !== null && own < 0) this.byName.set(name, connection);
    life.name ??= name;
    live(life, packet);
    this.current = connection;
    return connection;
  }

  private find({ flags, outbound }: ScriptPacket, name: string | null): number {
    const life = this.lives[this.current];
    const syn = flags.includes("S");
    const ack = flags.includes(".");
    const fresh = life?.fresh === true && (name === null || life.name === null || name === life.name);
    if (syn && !ack && !outbound) {
      this.synPending = !fresh;
      this.synName = name;
      return fresh ? this.current : -1;
    }
    const answer = outbound && this.synPending;
    if (outbound) this.synPending = false;
    if (answer && syn && ack) return this.beginPassive();
    if (answer && flags.includes("R")) return -1;
    return syn && !ack && outbound ? this.beginActive(fresh) : this.current;
  }

  private beginPassive(): number {
    this.synPending = false;
    const connection = this.add(true);
    this.lives[connection]!.name = this.synName;
    if (this.synName !== null) this.byName.set(this.synName, connection);
    const descriptor = this.accepting.shift();
    if (descriptor === undefined) this.unaccepted.push(connection);
    else this.sockets.set(descriptor, { descriptor, connection, deferred: false });
    return connection;
  }

  private beginActive(fresh: boolean): number {
    // Begun by a write (Fast Open): this is its SYN.
    if (fresh && !this.lives[this.current]!.asked) return this.current;
    for (let socket = this.connecting.shift(); socket !== undefined; socket = this.connecting.shift()) {
      if (this.sockets.get(socket.descriptor) === socket && socket.connection < 0) return this.attach(socket);
    }
    return fresh ? this.current : this.add(false);
  }

  private attach(socket: Socket): number {
    socket.connection = this.add(false);
    return socket.connection;
  }

  private add(passive: boolean): number {
    this.lives.push({ fresh: true, asked: passive, answered: passive, passive, reset: false, name: null });
    this.current = this.begin();
    return this.current;
  }

  private open(descriptor: number, args: readonly string[]): void {
    const isTcp = args.some((arg) => /\bSOCK_STREAM\b/.test(arg)) && !args.includes("IPPROTO_SCTP");
    if (isTcp) this.sockets.set(descriptor, { descriptor, connection: -1, deferred: false });
    else this.sockets.delete(descriptor);
  }

  private accept(listener: number, descriptor: number): void {
    // The next packet for the listener begins another connection.
    this.byName.delete(socketName(listener));
    // What was reset before it was accepted has left the queue.
    let connection = this.unaccepted.shift();
    while (connection !== undefined && this.lives[connection]!.reset) connection = this.unaccepted.shift();
    if (connection !== undefined) {
      this.sockets.set(descriptor, { descriptor, connection, deferred: false });
      return;
    }
    this.accepting.push(descriptor);
    // Fast Open accepts what has not been answered yet.
    if (this.synPending) this.beginPassive();
  }

  private connect(socket: Socket, call: ScriptCall): void {
    if (this.lives[socket.connection]?.reset) socket.connection = -1;
    if (socket.connection < 0 && maySendSyn(call)) this.connecting.push(socket);
  }
}

const socketName = (descriptor: number): string => `sock(${descriptor})`;

/**
 * What a packet shows of the connection's life. One that begins here is in its handshake until this end has answered
 * the SYN-ACK; what comes in before that (and the reset that refuses it) can be somebody else's.
 */
function live(life: Life, { flags, outbound }: ScriptPacket): void {
  const reset = flags.includes("R");
  if (reset && outbound && life.fresh && !life.passive && !flags.includes(".")) return;
  if (reset) life.reset = true;
  if (flags.includes("S")) life.asked = true;
  if (flags.includes("S") && !outbound) life.answered = true;
  if (!flags.includes("S") && (reset || outbound || life.passive)) life.fresh = false;
}
