import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { children, everything, sample, session, textEnvironment } from "../test/dap-session.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tlstrace-launch-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
}

/** A trace with one packet out of order. */
const story = (profile: string) => `device eth0 profile=${profile}
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0
+0 web send 1000
+0 web > 0:1029(1029)
+0 web > 500:1029(529)
`;

/** Launches with these arguments, which must fail with an error that is shown to the user. */
async function refusal(args: object): Promise<string> {
  const client = session();
  await client.ask("initialize", { adapterID: "tlstrace" });
  const response = await client.send("launch", args);
  assert.equal(response.success, false);
  assert.equal(response.body.error.showUser, true);
  assert.equal(client.told("initialized").length, 0);
  return response.message!;
}

test("what cannot be opened is refused with what to do", async () => {
  assert.match(
    await refusal({ program: path.join(folder, "absent.pcap") }),
    /absent\.pcap does not exist: check/,
  );
  assert.match(await refusal({ program: folder }), /is a directory: name a file in it/);
  assert.match(await refusal({ program: file("empty.pcap", "") }), /is empty/);
  const rubbish = file(
    "rubbish.bin",
    Uint8Array.from({ length: 5000 }, (_, i) => i * 37),
  );
  assert.match(await refusal({ program: rubbish }), /neither a capture .* nor a trace file/);
  for (const name of ["prose.pcap", "prose.PCAPNG", "prose.cap"])
    assert.match(
      await refusal({ program: file(name, "Dear reader,\nthis is no capture.\n") }),
      /neither a capture .* nor a trace file$/,
    );
  const prose = file("prose.txt", "Dear reader,\nthis is no trace.\n");
  assert.match(
    await refusal({ program: prose }),
    /prose\.txt is not a trace file: line 1: not a line of a trace/,
  );
});

test("a file that is no trace is refused with its line, for the editor to show it", async () => {
  const client = session();
  await client.ask("initialize", { adapterID: "tlstrace" });
  const program = file("third.tlstrace", "# Nothing\n\ndevcie eth0\n");
  const { body } = await client.send("launch", { program });
  assert.equal(body.error.variables.line, "3");
});

test("a trace without events and a capture without TLS say so", async () => {
  const declarations = "device eth0 profile=connectx\nconnection web device=eth0 version=1.2 seq=0\n";
  const quiet = file("quiet.tlstrace", declarations);
  assert.match(await refusal({ program: quiet }), /quiet\.tlstrace has no event to debug/);
  // A pcap file header (little endian, microseconds, Ethernet) and no packet.
  const bare = Uint8Array.from([
    0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
  ]);
  assert.match(await refusal({ program: file("bare.pcap", bare) }), /bare\.pcap holds no TLS connection/);
});

test("launch attributes of the wrong kind are refused by name", async () => {
  const program = sample("lossy.pcap");
  assert.match(await refusal({}), /`program` must be the path/);
  assert.match(await refusal({ program: 7 }), /`program` must be the path/);
  assert.match(
    await refusal({ program, profile: "e1000" }),
    /`profile` "e1000" is no profile; there are connectx, innova/,
  );
  assert.match(await refusal({ program, tap: "moon" }), /`tap` is "moon"; it takes auto, host, wire/);
  assert.match(
    await refusal({ program, offloadStart: 3 }),
    /`offloadStart` is 3; it takes after-finished, after-ccs/,
  );
  assert.match(await refusal({ program, streams: [1] }), /`streams` takes a list of globs/);
  assert.match(await refusal({ program, keys: [3] }), /`keys` takes paths/);
  assert.match(await refusal({ program, evidence: [3] }), /`evidence` takes paths of files/);
  const none = file("dmesg", "[    0.000000] Linux version 6.18.0\n");
  assert.match(await refusal({ program, evidence: [none] }), /dmesg is no evidence: neither a kernel trace/);
  assert.match(await refusal({ program, evidence: "absent.trace" }), /absent\.trace does not exist/);
});

test("a profile file is found beside the program, and its NIC is what the trace runs on", async () => {
  file("acme.json", '{"base": "innova", "descriptorNames": {"sync-packet": "FEED"}}');
  const program = file("capture.tlstrace", story("connectx"));
  for (const profile of ["./acme.json", path.join(folder, "acme.json"), "./acme.json/no-undo@v5.8"]) {
    const client = session();
    await client.start({ program, profile }, ["out-of-order"]);
    await client.ask("stepOut", { threadId: 1 });
    assert.ok(
      (await everything(client)).some((line) => line.includes("FEED")),
      profile,
    );
  }
  const own = session();
  await own.start({ program: file("own.tlstrace", story("./acme.json")) }, ["out-of-order"]);
  await own.ask("stepOut", { threadId: 1 });
  assert.ok((await everything(own)).some((line) => line.includes("FEED")));
});

test("mistakes in a profile file: refused where the configuration names it, told where the trace does", async () => {
  file("bad.json", '{\n  "base": "innova",\n  "commit": "never"\n}');
  const mistake = 'bad.json:3:13: commit takes "early", "undone" or "late", not this text';
  const program = file("plain.tlstrace", story("connectx"));
  assert.equal(
    await refusal({ program, profile: "./bad.json" }),
    `launch configuration: \`profile\`: ./${mistake}`,
  );
  assert.match(await refusal({ program, profile: "none.json" }), /`profile`: .*none\.json does not exist/);
  const client = session();
  await client.start({ program: file("mistaken.tlstrace", story("./bad.json")) }, ["out-of-order"]);
  const told = client.told("output").map(({ output }) => output);
  assert.deepEqual(
    told.filter((line) => /^(error|note): /.test(line)),
    [
      `error: line 1: ./${mistake}\n`,
      "note: line 1: ./bad.json is left out until it is right. connectx is used instead\n",
    ],
  );
});

test("key files that are none are refused; key logs of another session are not, but it is told", async () => {
  const program = sample("lossy.pcap");
  assert.match(await refusal({ program, keys: path.join(folder, "none.keys") }), /none\.keys does not exist/);
  assert.match(
    await refusal({ program, keys: sample("lossy.pcap") }),
    /is not a key log or crypto_info file/,
  );

  const secret = "ab".repeat(48);
  const wrong = file("wrong.keys", `CLIENT_RANDOM ${"cd".repeat(32)} ${secret}\nthis is rubbish\n`);
  const client = session();
  const stop = await client.start({ program, keys: wrong });
  assert.equal(stop.reason, "exception");
  const told = client.told("output").map(({ output }) => output);
  assert.ok(
    told.some((line) => /key log/.test(line)),
    told.join(""),
  );
  assert.ok(!JSON.stringify(client.events).includes(secret));
});

test("a trace with mistakes is debugged as far as it goes, and they are told with their lines", async () => {
  const text = `device eth0 profile=connectx
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=0
+0 web send 100
+0 web > 0:129(128)
+0 web > 0:129(129)
       expect out-of-order
`;
  const client = session(textEnvironment(text));
  const stop = await client.start({ program: "/mistakes.tlstrace" }, ["expectation-failed"]);
  assert.equal(stop.description, "Expectation failed");
  const told = client.told("output").map(({ output }) => output);
  assert.ok(
    told.some((line) => /^error: line 4: /.test(line)),
    told.join(""),
  );
  assert.ok(told.includes("expectation failed: line 6: expected out-of-order, got no out-of-order\n"));
  const why = await client.ask("exceptionInfo", { threadId: 1 });
  assert.match(why.details!.stackTrace!, /^line 6: expected out-of-order, got no out-of-order$/m);
});

test("evidence is laid over the replay: its findings are told, stopped at and explained", async () => {
  const evidence = ["differs.trace", "agrees-before.txt", "differs-after.txt"];
  const client = session();
  const program = sample("evidence/netronome.tlstrace");
  const paths = evidence.map((name) => sample(`evidence/${name}`));
  const stop = await client.start({ program, evidence: paths }, ["evidence-differs"]);
  assert.equal(stop.description, "Kernel reports otherwise");
  const told = client.told("output").map(({ output }) => output);
  assert.equal(told[0], "Something is wrong: 2 reports of the kernel differ from the model.\n");
  assert.ok(told.some((line) => /^evidence: offload of .*: installed \(differs\.trace:13\)\n$/.test(line)));
  const differs =
    "differs.trace:15: the kernel reported tls_device_tx_resync_send with rec_no 3; the model says rec_no 2";
  assert.ok(told.includes(`evidence differs: ${differs}\n`), told.join(""));
  const why = await client.ask("exceptionInfo", { threadId: 1 });
  assert.ok(why.description.includes(differs));
  assert.match(
    why.details!.stackTrace!,
    /^reported by the kernel: tls_device_tx_resync_send tcp_seq 4029 \(3029\), rec_no 3 \(differs\.trace:15\)$/m,
  );
  const kernel = (await children(client, "Packet")).find(({ name }) => name === "kernel")!;
  assert.match(kernel.value, /^tls_device_tx_resync_send tcp_seq 4029/);
  // The counter's finding lies at the end of the trace.
  const last = await client.moves("continue");
  assert.equal(last.reason, "exception");
  assert.ok(
    (await client.ask("exceptionInfo", { threadId: 1 })).description.includes(
      "tx_tls_ooo +5; the model says +2",
    ),
  );
});

test("requests before a launch are refused, not crashed on", async () => {
  const client = session();
  await client.ask("initialize", { adapterID: "tlstrace" });
  assert.deepEqual((await client.ask("threads")).threads, []);
  assert.deepEqual((await client.ask("loadedSources")).sources, []);
  const args: Record<string, object> = {
    continue: {},
    next: { threadId: 1 },
    configurationDone: {},
    scopes: { frameId: 1 },
    variables: { variablesReference: 1 },
    evaluate: { expression: "1" },
    setBreakpoints: { source: {} },
    restart: {},
  };
  for (const [command, given] of Object.entries(args))
    assert.match(await client.refused(command, given), /no trace is open/, command);
});
