import assert from "node:assert/strict";
import { test } from "node:test";
import { children, sample, session, textEnvironment } from "../test/dap-session.ts";

test("with `compare` the Variables view says what each profile makes of the event", async () => {
  const client = session();
  const program = sample("retransmission-in-record.tlstrace");
  await client.start({ program, compare: ["innova", "netronome"] }, ["resync"]);
  assert.equal(await client.value("driver.compared"), "connectx, innova, netronome");
  const driver = await children(client, "Driver");
  const compared = driver.find(({ name }) => name === "Compared")!;
  const { variables } = await client.ask("variables", { variablesReference: compared.variablesReference });
  // kernel.md 5.0: DUMPs behind params, one SYNC with the prefix, software for the whole packet.
  assert.deepEqual(
    variables.map(({ name, value }) => `${name}: ${value}`),
    [
      "connectx: PROGRESS NOP DUMP×3 PKT, 4344 bytes replayed",
      "innova: SYNC PKT, 4344 bytes replayed",
      "netronome: PKT, 35743 bytes encrypted in software",
    ],
  );
  assert.equal(await client.value("driver.compared[2].fallback"), "35743");
});

test("without `compare` there is nothing compared, and the profiles' filter never stops", async () => {
  const client = session();
  const stop = await client.start({ program: sample("retransmission-in-record.tlstrace") }, [
    "profile-differs",
  ]);
  assert.equal(stop.reason, "end of trace");
  assert.equal(await client.value("driver.compared"), "unknown");
});

// Record 1 is acknowledged before a packet of it is sent again: a driver that rebuilds finds no record and drops it
// (kernel.md 4 and 5.2), FreeBSD's takes the record from the packet (5.7).
const released = `device eth0 profile=connectx
connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=1000 rec_seq=1
+0 web send 2000
+0 web > 0:2029(2029)
+0 web < ack 2029
+0 web > 0:1448(1448)
`;

test("“Profiles differ” stops where one profile drops what another sends, and says it in words", async () => {
  const client = session(textEnvironment(released));
  const stop = await client.start({ program: "/released.tlstrace", compare: ["freebsd-connectx"] }, [
    "profile-differs",
  ]);
  assert.equal(stop.description, "Profiles differ");
  assert.match(stop.text!, /freebsd-connectx sends 1448 bytes, connectx sends nothing/);
  const info = await client.ask("exceptionInfo", { threadId: 1 });
  assert.match(info.description!, /\(finding freebsd-connectx sends 1448 bytes, connectx sends nothing\)/);
});

test("profiles that there are not are refused", async () => {
  const client = session();
  await client.ask("initialize", { adapterID: "tlstrace" });
  const program = sample("lossy.pcap");
  for (const compare of [["e1000"], "e1000", [7]]) {
    const response = await client.send("launch", { program, compare });
    assert.match(
      response.message!,
      /`compare` takes a list of profiles and kernels \(v4\.19, .*there are connectx/,
    );
  }
});
