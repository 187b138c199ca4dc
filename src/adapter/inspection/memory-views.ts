import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Arguments } from "../requests.ts";

type Read = Arguments["readMemory"];
type Bytes = NonNullable<DebugProtocol.ReadMemoryResponse["body"]>;

/** Reads that are looked at again at a stop: those of the editors that are open, more or less. */
const readsMax = 16;
/** Larger ones are told to have changed without a look. */
const comparedMax = 1 << 16;

/** What a client has read of memories, so that it can be told which of it shows other bytes elsewhere in time. */
export class MemoryViews {
  private readonly reads = new Map<string, { read: Read; bytes: Bytes }>();

  add(read: Read, bytes: Bytes): void {
    const key = keyOf(read);
    this.reads.delete(key);
    this.reads.set(key, { read, bytes });
    const [oldest] = this.reads.keys();
    if (this.reads.size > readsMax) this.reads.delete(oldest!);
  }

  /** Those that read otherwise now, as the bodies of memory events. */
  changed(again: (read: Read) => Bytes): DebugProtocol.MemoryEvent["body"][] {
    const bodies: DebugProtocol.MemoryEvent["body"][] = [];
    for (const each of this.reads.values()) {
      const { memoryReference, offset = 0, count } = each.read;
      if (count <= comparedMax) {
        const bytes = again(each.read);
        const isSame = bytes.data === each.bytes.data && bytes.unreadableBytes === each.bytes.unreadableBytes;
        each.bytes = bytes;
        if (isSame) continue;
      }
      bodies.push({ memoryReference, offset, count });
    }
    return bodies;
  }
}

const keyOf = ({ memoryReference, offset = 0, count }: Read): string =>
  `${memoryReference} ${offset} ${count}`;
