import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, session } from "../../test/dap-session.ts";
import { signs } from "../../trace/signs.ts";
import { exceptionFilters, filterById, signsMeant, stopNames } from "./filters.ts";

test("the Breakpoints view has eight filters, the graver five on: one's own breakpoints stay in sight", () => {
  assert.deepEqual(
    exceptionFilters.map(({ label, default: isOn }) => [label, isOn]),
    [
      ["Wrong bytes", true],
      ["Leak", true],
      ["Expectation failed", true],
      ["Packet dropped", true],
      ["Record lookup failed", true],
      ["Out-of-order transmit", false],
      ["Resync posted", false],
      ["Software fallback", false],
    ],
  );
});

test("every sign has a name to stop at: its own, and that of the filter it belongs to", () => {
  for (const [kind, { name, filter }] of signs.entries()) {
    assert.ok(signsMeant(name).includes(kind), name);
    if (filter === undefined) continue;
    assert.ok(filterById(filter)?.kinds.includes(kind), `${name}: ${filter}`);
    assert.ok(signsMeant(filter).includes(kind), filter);
  }
  for (const { name } of stopNames) assert.ok(signsMeant(name).length > 0, name);
});

test("a function breakpoint may name what has no box in the view; a misspelt name is told the near one", async () => {
  const client = session();
  await client.start({ program: sample("rekey-under-loss.tlstrace"), startAt: "entry" }, []);
  const asked = async (name: string) =>
    (await client.ask("setFunctionBreakpoints", { breakpoints: [{ name }] })).breakpoints[0]!;
  assert.equal((await asked("rekey-started")).verified, true);
  const stop = await client.moves("continue");
  assert.match(stop.text!, /^Stop at rekey-started: rekey-started /);
  assert.equal((await asked("rekey-*")).verified, true);
  assert.match((await client.moves("continue")).text!, /^Stop at rekey-\*: rekey-/);
  assert.match((await asked("rekey-startd")).message!, /did you mean "rekey-started"\?/);
  assert.match((await asked("tls_get_recrod")).message!, /did you mean "tls_get_record"\?/);
});
