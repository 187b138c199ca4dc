import { integerArg, type ScriptCall } from "./packetdrill-call.ts";
import type { ScriptPacket } from "./packetdrill-packet.ts";

/** A TCP socket of the script. */
interface Socket {
  descriptor: number;
  /** −1: none yet. */
  connection: number;
}

/** What the script shows of a connection's life. */
interface Life {
  /** Nothing but SYNs so far: another SYN belongs to it too. */
  fresh: boolean;
  reset: boolean;
  ports: string | null;
}

/**
 * Which connection a system call or a packet belongs to. A script names none: it plays one connection after the
 * other, so a packet is the latest one's (or that of its ports), and a SYN-ACK or a SYN begins the next.
 */
export class ScriptSockets {
  private readonly sockets = new Map<number, Socket>();
  private readonly lives: Life[] = [];
  private readonly byPorts = new Map<string, number>();
  private current = -1;
  /** A SYN came in on a connection in use: the answer tells whether it begins another one or is refused. */
  private synPending = false;
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
    const { name, result } = call;
    if (name === "socket" && result !== null && result >= 0) this.open(result, call.args);
    if ((name === "accept" || name === "accept4") && result !== null && result >= 0) this.accept(result);
    if (name === "connect") this.connect(integerArg(call, 0));
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

  /** The descriptor is free for the next socket. */
  closed(descriptor: number): void {
    this.sockets.delete(descriptor);
  }

  /** The connection that a packet belongs to; −1 if there is none (yet). */
  packet(packet: ScriptPacket): number {
    const { flags, ports } = packet;
    const connection = this.byPorts.get(ports ?? "") ?? this.find(packet);
    const life = this.lives[connection];
    if (life === undefined) return -1;
    if (ports !== null) this.byPorts.set(ports, connection);
    life.ports ??= ports;
    if (!flags.includes("S")) life.fresh = false;
    if (flags.includes("R")) life.reset = true;
    this.current = connection;
    return connection;
  }

  private find({ flags, outbound, ports }: ScriptPacket): number {
    const life = this.lives[this.current];
    const syn = flags.includes("S");
    const ack = flags.includes(".");
    const fresh = life?.fresh === true && (ports === null || life.ports === null);
    if (syn && !ack && !outbound) {
      this.synPending = !fresh;
      return fresh ? this.current : -1;
    }
    const answer = outbound && this.synPending;
    if (outbound) this.synPending = false;
    if (answer && syn && ack) return this.beginPassive();
    if (answer && flags.includes("R")) return -1;
    return syn && !ack && outbound ? this.beginActive(fresh) : this.current;
  }

  private beginPassive(): number {
    const connection = this.add();
    const descriptor = this.accepting.shift();
    if (descriptor === undefined) this.unaccepted.push(connection);
    else this.sockets.set(descriptor, { descriptor, connection });
    return connection;
  }

  private beginActive(fresh: boolean): number {
    for (let socket = this.connecting.shift(); socket !== undefined; socket = this.connecting.shift()) {
      if (this.sockets.get(socket.descriptor) === socket && socket.connection < 0) return this.attach(socket);
    }
    return fresh ? this.current : this.add();
  }

  private attach(socket: Socket): number {
    socket.connection = this.add();
    return socket.connection;
  }

  private add(): number {
    this.lives.push({ fresh: true, reset: false, ports: null });
    this.current = this.begin();
    return this.current;
  }

  private open(descriptor: number, args: readonly string[]): void {
    const isTcp = args.some((arg) => /\bSOCK_STREAM\b/.test(arg)) && !args.includes("IPPROTO_SCTP");
    if (isTcp) this.sockets.set(descriptor, { descriptor, connection: -1 });
    else this.sockets.delete(descriptor);
  }

  private accept(descriptor: number): void {
    // What was reset before it was accepted has left the queue.
    let connection = this.unaccepted.shift();
    while (connection !== undefined && this.lives[connection]!.reset) connection = this.unaccepted.shift();
    if (connection === undefined) this.accepting.push(descriptor);
    else this.sockets.set(descriptor, { descriptor, connection });
  }

  private connect(descriptor: number): void {
    const socket = this.sockets.get(descriptor);
    if (socket === undefined) return;
    if (this.lives[socket.connection]?.reset) socket.connection = -1;
    if (socket.connection < 0) this.connecting.push(socket);
  }
}
