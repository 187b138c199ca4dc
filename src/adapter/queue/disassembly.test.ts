import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session } from "../../test/dap-session.ts";
import type { DapClient } from "../dap-client.ts";

/**
 * Events 2 and 3 of the sample transmit in order, 4 never reaches the driver, 5 and 7 are out of order with 4344 and 1448
 * bytes of record 1 to replay, 8 is in order again; a DUMP brings at most 1522 bytes (media/docs/kernel.md, 5.2).
 */
const program = sample("retransmission-in-record.tlstrace");
const first = "0x2000000";

const rows = async (client: DapClient, args: object) =>
  (await client.ask("disassemble", { memoryReference: first, instructionCount: 40, ...args })).instructions;

test("the transmit queue is a row a descriptor, with what it brings, who posted it, and the line", async () => {
  const client = session();
  await client.start({ program });
  const all = await rows(client, {});
  const valid = all.filter(({ presentationHint }) => presentationHint !== "invalid");
  assert.deepEqual(
    valid.map(({ instruction }) => instruction.replace(/,? (fence|to be encrypted)/g, "")),
    [
      "STATIC record 1",
      "PROGRESS",
      "NOP",
      "PKT 0:1448(1448)",
      "PKT 1448:2896(1448)",
      "PROGRESS",
      "NOP",
      "DUMP 0:1522(1522)",
      "DUMP 1522:3044(1522)",
      "DUMP 3044:4344(1300)",
      "PKT 4344:40087(35743)",
      "PROGRESS",
      "NOP",
      "DUMP 0:1448(1448)",
      "PKT 1448:2896(1448)",
      "PKT 2896:4344(1448)",
    ],
  );
  const dump = valid.find(({ instruction }) => instruction.startsWith("DUMP"))!;
  assert.equal(dump.symbol, "driver.resync record 1: resync record=1 replayed=4344");
  assert.deepEqual([dump.line, dump.location!.path], [8, program]);
  // The first bytes of a record in host memory: its header, 16408 = 0x4018 bytes of TLS 1.2.
  assert.match(dump.instructionBytes!, /^17 03 03 40 18/);
});

test("exactly as many rows are given as asked for, with invalid ones before the first and behind the last", async () => {
  const client = session();
  await client.start({ program });
  const count = (await rows(client, {})).filter(({ presentationHint }) => !presentationHint).length;
  const whole = await rows(client, { instructionOffset: -3, instructionCount: count + 8 });
  assert.equal(whole.length, count + 8);
  assert.deepEqual(
    whole
      .map(({ presentationHint }, i) => (presentationHint === "invalid" ? i : null))
      .filter((i) => i !== null),
    [0, 1, 2, ...[0, 1, 2, 3, 4].map((i) => count + 3 + i)],
  );
  const addresses = whole.map(({ address }) => BigInt(address));
  assert.equal(new Set(addresses).size, addresses.length);
  assert.deepEqual(
    [...addresses].sort((a, b) => (a < b ? -1 : 1)),
    addresses,
  );
  // Every window, from wherever it is asked for, is the same cut of the whole: also from rows beyond its ends.
  for (const [i, { address }] of whole.entries())
    for (const instructionOffset of [-i, -2, 0, 3, 50 - i]) {
      const window = await rows(client, { memoryReference: address, instructionOffset, instructionCount: 4 });
      assert.equal(window.length, 4);
      for (const [k, row] of window.entries()) {
        const at = i + instructionOffset + k;
        if (at >= 0 && at < whole.length)
          assert.deepEqual(row, whole[at], `${address} ${instructionOffset} ${k}`);
        else assert.equal(row.presentationHint, "invalid");
      }
    }
  assert.deepEqual(await rows(client, { instructionCount: 0 }), []);
  assert.match(
    await client.refused("disassemble", { memoryReference: "x", instructionCount: 1 }),
    /no address/,
  );
  assert.match(
    await client.refused("disassemble", { memoryReference: first, instructionCount: 1e9 }),
    /at most 10000 rows/,
  );
});

test("an editor that knows of no place yet is given the queue from its beginning", async () => {
  const client = session();
  await client.start({ program });
  const [row] = await rows(client, { memoryReference: "", instructionCount: 1 });
  assert.equal(row!.instruction, "STATIC record 1");
});

test("frames point at the descriptor that the NIC takes there, or that is posted next", async () => {
  const client = session();
  await client.start({ program });
  const pointed = async () => {
    const [frame] = await client.stack();
    const [row] = await rows(client, {
      memoryReference: frame!.instructionPointerReference,
      instructionCount: 1,
    });
    return `${frame!.name.split(" ")[0]} ${row!.instruction.split(" ")[0]}`;
  };
  const seen: string[] = [await pointed()];
  for (let i = 0; i < 8; i++) {
    await client.moves("stepIn", { threadId: 1, granularity: "instruction" });
    seen.push(await pointed());
  }
  assert.deepEqual(seen, [
    "driver.check PROGRESS",
    "tls.getRecord PROGRESS",
    "driver.resync PKT",
    "driver.advance PKT",
    "nic PROGRESS",
    "nic NOP",
    "nic DUMP",
    "nic DUMP",
    "nic DUMP",
  ]);
});

test("an instruction breakpoint stops where its descriptor is posted and where it is taken, both ways", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  const dump = (await rows(client, {})).find(({ instruction }) => instruction.startsWith("DUMP 1522"))!;
  const set = async (breakpoints: object[]) =>
    (await client.ask("setInstructionBreakpoints", { breakpoints })).breakpoints;
  const [answer] = await set([{ instructionReference: dump.address }]);
  assert.deepEqual([answer!.verified, answer!.line], [true, 8]);
  const stops: string[] = [];
  for (const way of ["continue", "continue", "continue", "reverseContinue", "reverseContinue"]) {
    const { reason, description, place } = await client.moves(way);
    stops.push(`${reason}: ${description!.replace(/: 5 of 5.*/, "")} | ${place.split(", ")[1]}`);
  }
  const posted =
    "instruction breakpoint: DUMP, descriptor 3 of event 5, posted | after driver.resync record 1";
  const taken = "instruction breakpoint: DUMP, descriptor 3 of event 5, taken | after nic DUMP";
  assert.deepEqual(stops, [
    posted,
    taken,
    "end of trace: End of the trace | after tls.cleanAcked",
    taken,
    posted,
  ]);

  await client.moves("goto", { threadId: 1, targetId: 1 });
  await set([{ instructionReference: dump.address, mode: "nic" }]);
  assert.match((await client.moves("continue")).description!, /taken$/);
  await set([
    { instructionReference: dump.address, offset: 1, mode: "driver", condition: "packet.length > 1448" },
  ]);
  await client.moves("goto", { threadId: 1, targetId: 1 });
  assert.match((await client.moves("continue")).description!, /descriptor 4 of event 5, posted$/);
  const [nowhere, unknown] = await set([
    { instructionReference: "0x4000000" },
    { instructionReference: dump.address, mode: "kernel" },
  ]);
  assert.match(nowhere!.message!, /no descriptor at 0x4000000/);
  assert.match(unknown!.message!, /mode is stack, driver, nic, wire, not kernel/);
});

test("a mode says at which layer a line stops, and which signs count", async () => {
  const client = session();
  await client.start({ program, startAt: "entry" }, []);
  const places: string[] = [];
  for (const mode of [undefined, "stack", "driver", "nic", "wire"]) {
    await client.ask("setBreakpoints", { source: { path: program }, breakpoints: [{ line: 8, mode }] });
    await client.moves("goto", { threadId: 1, targetId: 1 });
    places.push((await client.moves("continue")).place.split(", ")[1]!);
  }
  assert.deepEqual(places, [
    "after skb",
    "after skb",
    "after driver.check",
    "after nic PROGRESS",
    "after wire",
  ]);
  await client.ask("setBreakpoints", { source: { path: program }, breakpoints: [] });
  await client.moves("goto", { threadId: 1, targetId: 1 });
  for (const [mode, place] of [
    ["driver", /after driver\.check/],
    ["nic", /event 9 of 9/],
  ] as const) {
    await client.ask("setExceptionBreakpoints", {
      filters: [],
      filterOptions: [{ filterId: "out-of-order", mode }],
    });
    await client.moves("goto", { threadId: 1, targetId: 1 });
    assert.match((await client.moves("continue")).place, place, mode);
  }
});

test("in captures and scripts the queue reads the same forwards and from behind", async () => {
  for (const name of ["lossy.pcap", "fast-retransmit.pkt", "tso-many-records.tlstrace"]) {
    const client = session();
    await client.start({ program: sample(name), startAt: "entry" }, []);
    const forwards = await rows(client, { memoryReference: "0x1000000", instructionCount: 400 });
    const last = forwards.findLast(({ presentationHint }) => presentationHint !== "invalid")!;
    const backwards = await rows(client, {
      memoryReference: last.address,
      instructionOffset: -399,
      instructionCount: 400,
    });
    const valid = (some: typeof forwards) =>
      some.filter(({ presentationHint }) => presentationHint !== "invalid");
    assert.ok(valid(forwards).length > 5, name);
    assert.deepEqual(valid(backwards), valid(forwards), name);
  }
});
