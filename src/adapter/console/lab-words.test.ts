import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileBeside, flippedCapture } from "../../test/damage/flipped.ts";
import { sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";
import type { FindingsBody } from "../opening/findings.ts";
import type { MinimisedBody } from "./lab-words.ts";

const bugSample = sample("connectx-long-dump.tlstrace");
const starts = { supportsStartDebuggingRequest: true };

const type = async (client: DapClient, expression: string): Promise<string> =>
  (await client.ask("evaluate", { expression, context: "repl" })).result;
const refusal = (client: DapClient, expression: string): Promise<string> =>
  client.refused("evaluate", { expression, context: "repl" });

async function opened(program: string, args: object = {}, client: object = {}): Promise<DapClient> {
  const one = session();
  await one.launch({ program, ...args }, client);
  await one.moves("configurationDone", {});
  return one;
}

const outputs = (client: DapClient): string[] => client.told("output").map(({ output }) => output.trimEnd());

test("minimise says the smallest trace that still does what the debugger stopped for", async () => {
  // The first wrong thing is a DUMP longer than 1522 bytes (22 more than the MTU): one of 1523 is the least.
  const client = await opened(bugSample, { profile: "connectx/long-dump" });
  const { length } = outputs(client);
  assert.match(await type(client, "minimise"), /^2 of 13 events, \d+ runs: nothing more can be taken out$/);
  const [device, connection, send, transmit, expected] = outputs(client).slice(length);
  assert.equal(device, "device  eth0 profile=connectx/long-dump mtu=1500");
  assert.match(connection!, /^connection web /);
  assert.equal(send, "+0     web send 1495");
  assert.equal(transmit, "+0     web > 1523:1524(1)");
  assert.match(
    expected!,
    /^ +expect queue-error length=1523 limit=1522 +# connectx-long-dump.tlstrace made small: transmit, out-of-order, resync, encrypted, queue-error$/,
  );
});

test("it keeps what is named, writes a new file beside the trace, and none over another", async () => {
  const client = await opened(bugSample);
  const file = path.join(mkdtempSync(path.join(tmpdir(), "tlstrace-small-")), "small.tlstrace");
  const words = `minimise resync where replayed > 3000 to ${file}`;
  assert.match(await type(client, words), /small\.tlstrace: 2 of 13 events/);
  assert.match(readFileSync(file, "utf8"), / > 3001:3002\(1\)\n +expect resync record=0 replayed=3001 /);
  assert.match(await refusal(client, words), /small\.tlstrace exists: choose another name/);
  const cases: [string, RegExp][] = [
    ["minimise resink", /nothing in a trace is called "resink"; did you mean "resync"\?/],
    ["minimise leak", /there is no leak to keep/],
    ["minimise finding", /nothing is found wrong in it/],
    ["minimise failed expectation 7", /there is no expectation-failed where line == 7 to keep/],
  ];
  for (const [line, message] of cases) assert.match(await refusal(client, line), message, line);
});

test("the request gives the text of any finding, of a capture without its bytes", async () => {
  const client = await opened(flippedCapture("request58", { frame: 58, fromEnd: 100 }));
  const { rules }: FindingsBody = await client.ask("findings");
  const [row] = rules.flatMap(({ streams }) => streams.flatMap(({ findings }) => findings));
  const { text, note } = (await client.ask("minimise", { targetId: row!.targetId })) as MinimisedBody;
  assert.match(
    text,
    /^ +expect wire=match +# request58.pcap made small: a wrong byte in a record's payload/m,
  );
  assert.match(note, /^3 of 164 events/);
  assert.match(await client.refused("minimise", { targetId: 3 }), /there is no finding 3/);
  const again = (await client.ask("minimise", { keep: "out-of-order" })) as MinimisedBody;
  assert.match(again.text, /expect out-of-order/);
});

test("debug-as starts a session as a bug, a family or a kernel, where the editor can", async () => {
  const client = await opened(bugSample, {}, starts);
  assert.ok(outputs(client).some((line) => /: type debug-as connectx\/long-dump to see it/.test(line)));
  assert.equal(await type(client, "debug-as connectx/long-dump"), "as connectx/long-dump");
  await new Promise((resolve) => setTimeout(resolve, 0));
  const { configuration, request } = client.asked.at(-1)!.arguments;
  assert.deepEqual(
    [request, configuration.program, configuration.profile, configuration.name],
    ["launch", bugSample, "connectx/long-dump", "connectx-long-dump.tlstrace as connectx/long-dump"],
  );
  const child = session();
  await child.launch(configuration);
  assert.match((await child.moves("configurationDone", {})).text!, /queue-error length=8688 limit=1522/);
  // As the bug it shows it: nothing is left to say.
  assert.ok(!outputs(child).some((line) => /debug-as/.test(line)));
});

test("where it cannot, it says how; what names nothing is refused; the debugger stays where it is", async () => {
  const client = await opened(bugSample);
  const where = await type(client, "where");
  assert.equal(await type(client, "debug-as v5.8"), "as v5.8");
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.match(outputs(client).at(-1)!, /launch connectx-long-dump\.tlstrace with "profile": "v5\.8"/);
  assert.match(await type(client, "debug-as"), /names connectx\/long-dump, connectx$/);
  assert.match(
    await refusal(client, "debug-as connectx/long-dmp"),
    /"connectx\/long-dmp" is no profile, bug or kernel; connectx has no such bug/,
  );
  assert.equal(await type(client, "where"), where);
  assert.ok(!client.events.some(({ event }) => event === "continued"));
});

test("a launch runs the trace's own devices on a kernel: lines under that one speak then", async () => {
  const text = `device nic profile=innova\nconnection a device=nic seq=0\n+0 a send 100\n+0 a > 0:129(129)
  expect out-of-order under v5.8\nexpect encrypted under innova@v5.8\n`;
  const program = fileBeside("kernel.tlstrace", text);
  const judged = async (profile: string | null) => outputs(await opened(program, { profile }))[0]!;
  assert.match(await judged(null), /^Everything that was compared is right|nothing/i);
  assert.match(await judged("v5.8"), /^Something is wrong: 1 of 2 expect lines/);
});
