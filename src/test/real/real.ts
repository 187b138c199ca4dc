/**
 * Captures that real programs make, each held against tshark: `npm run real`, or with names of kinds. Needs Linux,
 * the right to capture on lo, and openssl, gcc, gnutls-bin, tcpdump, tshark, curl, nginx, haproxy, tinyproxy, postgresql,
 * mariadb-server and vsftpd (apt). The captures and their key logs stay in out/real.
 */
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { dialogues, serveDialogue } from "./dialogue.ts";
import { tshark, verify } from "./judge.ts";
import { type Kind, kinds } from "./kinds.ts";
import { capturing, end, ports, prepare, runClient } from "./processes.ts";
import { type ServerName, servers } from "./servers.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-real-"));
const results = path.resolve("out/real");
const running = new Map<ServerName, ChildProcess>();

async function make(kind: Kind): Promise<{ file: string; keys: string }> {
  const file = path.join(results, `${kind.name}.pcap`);
  const keys = path.join(results, `${kind.name}.keys`);
  rmSync(keys, { force: true });
  for (const name of kind.servers ?? [])
    if (!running.has(name)) running.set(name, await servers[name](folder));
  const pair = { key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/cert.pem`) };
  const talking =
    kind.dialogue === undefined ? null : await serveDialogue(dialogues[kind.dialogue]!, ports.dialogue, pair);
  const preload = kind.needsShim ? { LD_PRELOAD: `${folder}/keylog.so` } : {};
  await capturing(file, async () => {
    const client = kind.client.map((word) => (word === "KEYS" ? keys : word));
    const ended = await runClient(client, kind.input ?? "", { SSLKEYLOGFILE: keys, ...preload });
    if (ended.status !== 0)
      console.log(
        `# ${kind.name}: its client ended with ${ended.status}: ${ended.errors.trim().slice(-300)}`,
      );
  });
  talking?.close();
  if (!existsSync(keys)) writeFileSync(keys, "");
  return { file, keys };
}

/** What is not as it must be, in words. */
function complaints(kind: Kind, { file, keys }: { file: string; keys: string }): string[] {
  const ours = verify("dist/cli.js", file, keys);
  const [verdict, status] = kind.streams > 0 ? ["right", 0] : ["unchecked", 3];
  const found = [];
  if (ours.verdict !== verdict || ours.status !== status)
    found.push(`${ours.verdict}, status ${ours.status}`);
  const checked = [...ours.records.values()].filter((records) => records > 0).length;
  if (checked !== kind.streams) found.push(`${checked} of ${kind.streams} streams checked`);
  if (kind.streams === 0)
    return ours.records.size === 2 ? found : [...found, `${ours.records.size} streams found`];
  if (ours.rest > 0) found.push(`${ours.rest} records do not authenticate`);
  const theirs = tshark(file, keys);
  for (const stream of new Set([...ours.records.keys(), ...theirs.keys()])) {
    const [our, their] = [ours.records.get(stream) ?? 0, theirs.get(stream) ?? 0];
    if (our > 0 && their === 0) console.log(`# ${kind.name}: tshark finds no TLS in ${stream}`);
    else if (our !== their) found.push(`${stream}: ${our} records, tshark ${their}`);
  }
  return found;
}

mkdirSync(results, { recursive: true });
chmodSync(folder, 0o755);
prepare(folder);
const names = process.argv.slice(2);
let isGood = true;
try {
  for (const kind of kinds.filter(
    ({ name }) => names.length === 0 || names.some((part) => name.includes(part)),
  )) {
    const found = complaints(kind, await make(kind));
    isGood &&= found.length === 0;
    console.log(`${found.length === 0 ? "ok    " : "not ok"} ${kind.name} ${found.join("; ")}`);
  }
} finally {
  for (const child of running.values()) await end(child, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isGood ? 0 : 1;
