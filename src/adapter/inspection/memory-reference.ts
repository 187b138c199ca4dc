import type { DebugProtocol } from "@vscode/debugprotocol";
import type { Connection } from "../../core/machine/connection.ts";
import { type MemoryKind, memoryKinds, readStream } from "../../replay/view/memory.ts";
import type { ViewNode } from "../../replay/view/value.ts";
import type { View } from "../../replay/view/view.ts";
import { UserError } from "../../trace/platform.ts";
import type { Arguments } from "../requests.ts";

/**
 * A place in a connection's sequence space as the protocol's opaque text: `c0:wire@4344`, byte 4344 from the offload
 * start of connection 0 as it belongs on the wire.
 */
interface MemoryReference {
  connection: number;
  kind: MemoryKind;
  offset: number;
}

const referencePattern = /^c(\d+):(\w+)@(\d+)$/;

const referenceText = ({ connection, kind, offset }: MemoryReference): string =>
  `c${connection}:${kind}@${offset}`;

/** Reads a reference back. Throws UserError if the text is none. */
export function parseReference(text: string): MemoryReference {
  const match = referencePattern.exec(text);
  const kind = memoryKinds.find((each) => each === match?.[2]);
  if (!match || !kind) throw new UserError(`${text} is not a memory reference such as c0:wire@0`);
  return { connection: Number(match[1]), kind, offset: Number(match[3]) };
}

/** The reference of a node's bytes; null where it has none, or where they lie before the offload. */
export function referenceOf(node: ViewNode, index: number, connection: Connection): string | null {
  const kind = memoryKinds.find((each) => node.path === `memory.${each}`) ?? kindOfPath(node.path);
  if (!node.range) return null;
  const offset = node.range.from - connection.startSeq;
  return offset < 0 ? null : referenceText({ connection: index, kind, offset });
}

/** A wrong byte opens as it was captured, or as it must be; everything else as it belongs on the wire. */
function kindOfPath(path: string): MemoryKind {
  if (path.startsWith("packet.wrong.expected")) return "expected";
  return path.startsWith("packet.wrong") ? "captured" : "wire";
}

/** The bytes that a readMemory request asks for; addresses are relative to the offload start. */
export function readMemory(
  view: View,
  { memoryReference, offset = 0, count }: Arguments["readMemory"],
): NonNullable<DebugProtocol.ReadMemoryResponse["body"]> {
  const { kind, offset: base } = parseReference(memoryReference);
  const from = base + offset;
  const { bytes, unreadable } = readStream(view, kind, from, count);
  const body: NonNullable<DebugProtocol.ReadMemoryResponse["body"]> = { address: String(Math.max(from, 0)) };
  if (bytes.length > 0) body.data = base64(bytes);
  if (unreadable > 0) body.unreadableBytes = unreadable;
  return body;
}

const chunkSize = 0x3000;

function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + chunkSize))));
  return parts.join("");
}
