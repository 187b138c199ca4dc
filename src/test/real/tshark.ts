import { execFileSync } from "node:child_process";

/** True where tshark is installed: the second implementation that captures are held against. */
export function hasTshark(): boolean {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A row a TCP packet of a capture, with these fields as tshark prints them: empty where there is none. */
export function tsharkRows(
  file: string,
  fields: readonly string[],
  options: readonly string[] = [],
): string[][] {
  const asked = fields.flatMap((field) => ["-e", field]);
  const text = execFileSync("tshark", [...options, "-r", file, "-Y", "tcp", "-T", "fields", ...asked], {
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  }).toString();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

/** Bytes from `start` on, over the ring. */
export const ahead = (at: number, start: number): number => (at - start) | 0;

/** An address and port as the program names it. */
export function shortest(endpoint: string): string {
  const colon = endpoint.lastIndexOf(":");
  const address = endpoint.slice(0, colon);
  if (!address.includes(":")) return endpoint;
  return `${new URL(`http://[${address}]/`).hostname}${endpoint.slice(colon)}`;
}
