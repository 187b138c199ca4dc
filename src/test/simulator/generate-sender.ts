import type { Connection, Device } from "../../core/machine/connection.ts";
import { sizesOf } from "../reference/crypto.ts";
import type { ReferenceFilling, Writing } from "../reference/filling.ts";
import { fillingOf } from "../reference/reference.ts";

/** What the generator knows of a connection as it writes its events: how many bytes TCP has, and what became of them. */
export class Sender {
  readonly name: string;
  /** A rekey is not refused before it is looked at. */
  readonly takesRekey: boolean;
  readonly version: number;
  readonly prepend: number;
  /** Header, inner type and tag. */
  readonly overhead: number;
  /** Ends of the records pushed so far, for cutting near them. */
  readonly ends: number[] = [];
  pushed = 0;
  /** End of the highest segment sent. */
  sent = 0;
  acked = 0;
  closed = false;
  destroyed = false;
  rekeyed = false;
  private readonly filling: ReferenceFilling;

  constructor(connection: Connection, device: Device) {
    const { prepend, tail } = sizesOf(connection);
    this.name = connection.name;
    const refuses = device.kernel.rekey === "nobody" || device.profile.recovery === "chain";
    this.takesRekey = connection.version === 0x0304 && !refuses;
    this.version = connection.version;
    this.prepend = prepend;
    this.overhead = prepend + tail + 16;
    this.filling = fillingOf(connection, device.kernel.overfillsFragments);
  }

  get isOpen(): boolean {
    return this.filling.open >= 0;
  }

  /** Payload of a record that leaves less than a tag's room on the page; 0 if none can. */
  sizeToPageEnd(short: number): number {
    const size = this.filling.room - this.prepend - short;
    return this.isOpen || size <= 0 || size > 16384 ? 0 : size;
  }

  send(size: number, writing: Writing, typed: boolean): void {
    if (typed) this.closeOpen();
    for (const { payload } of this.filling.send(size, writing, false)) this.push(payload + this.overhead);
  }

  closeOpen(): void {
    if (this.isOpen) this.push(this.filling.close().payload + this.overhead);
  }

  /** A record, or a range of unknown ones, of so many bytes. */
  push(length: number): void {
    this.pushed += length;
    this.ends.push(this.pushed);
  }
}
