import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { parseCryptoInfos } from "../../trace/keys/crypto-info.ts";
import type { Trace } from "../../trace/trace.ts";
import { type CaptureFacts, captureFacts, plaintextOf } from "../captures.ts";
import { corpusFolder } from "../corpus.ts";
import { everything, session } from "../dap-session.ts";
import { studyOf } from "../studies.ts";
import { Secrets } from "./leaks.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "tlstrace-secrets-"));
after(() => rmSync(folder, { recursive: true }));
const cli = path.resolve("dist/cli.js");
function printedBy(...args: string[]): string {
  const options = { cwd: folder, maxBuffer: 1 << 28 };
  const { stdout, stderr, error } = spawnSync(process.execPath, [cli, ...args], options);
  if (error) throw error;
  return `${stdout.toString("latin1")}\n${stderr.toString("latin1")}`;
}

/** Of each way to come by keys one; `SECRETS=all`: the whole corpus. */
const some = [
  "illustrated-tls13",
  "snet-tls_ECDHE-RSA-CHACHA20-POLY1305",
  "hotplace-tls13-tls13_TLS_AES_128_CCM_SHA256",
  "ws-tls12-dsb",
  "hotplace-http-http1",
  "mid-12-aes256",
];

/** What each line of key logs ends with, be they files or stand in a capture. */
const logged = (text: string): Uint8Array[] =>
  [...text.matchAll(/^[A-Z_0-9]+ [0-9a-f]{64} ([0-9a-f]{32,})/gim)].map(([, secret]) =>
    Buffer.from(secret!, "hex"),
  );

/** Keys of every epoch of every stream that was read. */
const keysOf = ({ captured }: Trace): Uint8Array[] =>
  captured.flatMap(({ epochs }) => epochs.flatMap((keys) => (keys === null ? [] : [keys.key])));

/** What every record that opens holds. */
function* plaintextsOf(trace: Trace): Generator<Uint8Array> {
  for (const [connection, { source }] of trace.connections.entries()) {
    const stream = source?.kind === "captured" ? trace.captured[source.stream]! : null;
    for (let row = 1; row <= (stream?.records.start.length ?? 0); row++) {
      const plaintext = plaintextOf(trace, connection, row);
      // Header and explicit nonce, which are on the wire, lie before it.
      if (plaintext !== null) yield plaintext.subarray(5 + 8);
    }
  }
}

/** All that an editor is told of a capture by a session which looks at all that there is, before the offload and in it. */
async function shownBy(program: string, keys: string[]): Promise<{ shown: string; isRefused: boolean }> {
  const client = session();
  try {
    await client.ask("initialize", {});
    // A capture without a stream is refused, with words.
    const launched = await client.send("launch", { program, keys, startAt: "entry" });
    if (!launched.success) return { shown: JSON.stringify([launched, ...client.events]), isRefused: true };
    await client.moves("configurationDone", {});
    const lines = await everything(client);
    await client.ask("setFunctionBreakpoints", {
      breakpoints: [{ name: "skb", condition: "tcp.offloaded" }],
    });
    for (const move of ["continue", "stepIn", "stepIn", "next"]) {
      await client.moves(move);
      lines.push(...(await everything(client)));
    }
    const asked = ["zzz", keys[0] ?? "", "records[0]", "1 +"].map((expression) =>
      client.send("evaluate", { expression }),
    );
    const told = [...client.events, ...(await Promise.all(asked))].map((one) => JSON.stringify(one));
    return { shown: [...lines, ...told].join("\n"), isRefused: false };
  } finally {
    client.session.dispose();
  }
}

/** Key files as they come: cut within a secret, in the middle of other words, or given where a file belongs. */
function brokenKeys(text: string): string[] {
  const file = (name: string, content: string) => {
    writeFileSync(path.join(folder, name), content);
    return name;
  };
  const word = text.match(/[0-9a-f]{32,}(?=\s*$|")/im)?.[0] ?? "";
  return [
    file("cut.keys", text.replace(/[0-9a-f]{3}(?=\s*$)/gim, "")),
    file("words.keys", text.replace(/^/gm, "my key: ")),
    file("cut.json", text.slice(0, -40)),
    word,
  ];
}

async function assertKept(corpus: string, { file, keylog, cryptoinfo }: CaptureFacts): Promise<number> {
  const at = (name: string) => path.join(corpus, name);
  const keys = cryptoinfo ? [at(cryptoinfo)] : keylog ? [at(keylog)] : [];
  const text = keys.length > 0 ? readFileSync(keys[0]!, "utf8") : readFileSync(at(file), "latin1");
  const secrets = new Secrets();
  const { trace } = await studyOf(at(file), { keys });
  for (const secret of [...logged(text), ...keysOf(trace)]) secrets.add(secret);
  if (cryptoinfo) for (const info of parseCryptoInfos(text).infos) secrets.add(info.keys.key);
  assert.ok(secrets.count > 0, "there are keys to look for");
  for (const plaintext of plaintextsOf(trace)) secrets.add(plaintext);
  const asked = keys.flatMap((one) => ["--keys", one]);
  const printed = [
    ["replay", at(file), ...asked],
    ["replay", "--json", at(file), ...asked],
    ["verify", at(file), ...asked],
    ["verify", "--json", at(file), ...asked],
    ["compare", "--profiles", "connectx,netronome", "--all", at(file), ...asked],
    ["compare", "--profiles", "connectx,netronome", "--json", at(file), ...asked],
    [
      "debug",
      at(file),
      ...asked,
      ...["goto start", "info records", "(memory)", "(keys)"].flatMap((line) => ["-e", line]),
    ],
    ["report", at(file), ...asked, "-o", "-"],
    ["test", "--junit", "/dev/stdout", "--sarif", "/dev/stderr", at(file)],
    ...(keys.length > 0 ? brokenKeys(text) : []).map((broken) => ["verify", at(file), "--keys", broken]),
  ];
  for (const args of printed) {
    const text = printedBy(...args);
    assert.ok(text.length > 20, `${args.join(" ")} prints nothing`);
    assert.equal(secrets.leakIn(text), null, args.join(" "));
  }
  const { shown, isRefused } = await shownBy(at(file), keys);
  assert.equal(isRefused, trace.connections.length === 0, "refused where there is no stream, and only there");
  assert.ok(isRefused || /^Driver\.expectedSeq = \d/m.test(shown), "it comes to a packet that is offloaded");
  assert.equal(secrets.leakIn(shown), null, "the debugger");
  return secrets.count;
}

const corpus = corpusFolder();
if (corpus === null) {
  test("keys and plaintext are told by nobody", (t) => t.diagnostic("the corpus is absent: nothing checked"));
} else {
  const isKeyed = ({ keylog, cryptoinfo, file }: CaptureFacts) =>
    keylog !== undefined ||
    cryptoinfo !== undefined ||
    readFileSync(path.join(corpus, file)).includes("CLIENT_RANDOM ");
  const keyed = captureFacts(corpus).filter(isKeyed);
  for (const facts of keyed.filter(({ name }) => process.env.SECRETS === "all" || some.includes(name)))
    test(`${facts.name}: keys and plaintext are told by no command and no debugger, in no spelling`, async (t) =>
      t.diagnostic(`${facts.name}: ${await assertKept(corpus, facts)} rows of bytes looked for`));
}

test("what is let out is found, however it is spelled", () => {
  const secret = Buffer.from("d41f8c6e0b92a7755e3caf10694b28fd77", "hex");
  const secrets = new Secrets();
  secrets.add(secret);
  const hex = secret.toString("hex");
  const bytes = [...secret];
  const spellings = {
    hex,
    "in capitals": hex.toUpperCase(),
    "a half byte aside": `f${hex}`,
    "with colons": hex.match(/../g)!.join(":"),
    "with spaces": hex.match(/../g)!.join(" "),
    "as lines": hex.match(/../g)!.join("\n"),
    "as a list": JSON.stringify(bytes),
    "as a list with spaces": bytes.join(" "),
    "as a list of hex": bytes.map((byte) => `0x${byte.toString(16)}`).join(", "),
    "as C writes it": bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
    base64: secret.toString("base64"),
    "base64 of more": Buffer.concat([Buffer.from("z"), secret, Buffer.from("zzz")]).toString("base64"),
    base64url: secret.toString("base64url"),
    "as they are": secret.toString("latin1"),
    part: hex.slice(0, 32),
  };
  for (const [says, spelled] of Object.entries(spellings))
    assert.notEqual(secrets.leakIn(`{"a": "b"} ${spelled} end`), null, says);
  for (const other of [
    hex.slice(0, 30),
    "00".repeat(32),
    Buffer.alloc(64, 1).toString("base64"),
    "frame 12: 1, 2, 3",
  ])
    assert.equal(secrets.leakIn(`a ${other} b`), null, other);
});
