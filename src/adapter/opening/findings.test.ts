import assert from "node:assert/strict";
import { test } from "node:test";
import { session, textEnvironment } from "../../test/dap-session.ts";

/** Streams of a kernel that lets orphaned segments leave as they are: each leaks its payload and its placeholder. */
function leaking(streams: number, segments: number): string {
  const names = Array.from({ length: streams }, (_, i) => `c${i}`);
  const declared = names.map(
    (name) => `connection ${name} device=eth0 version=1.2 cipher=aes-128-gcm seq=0 rec_seq=1`,
  );
  const sent = names.flatMap((name) =>
    Array.from({ length: segments }, (_, i) => [
      `+0 ${name} send 1000`,
      `+0 ${name} > ${1029 * i}:${1029 * (i + 1)}(1029) orphan`,
    ]).flat(),
  );
  return `${["device eth0 profile=connectx kernel=v4.19 mtu=1500", ...declared, ...sent].join("\n")}\n`;
}

test("however much is wrong, an editor is told of 200 findings a stream and rule and of 2,000 in all, and of their number", async () => {
  const client = session(textEnvironment(leaking(14, 120)));
  await client.launch({ program: "/leaking.tlstrace" });
  const { rules } = await client.ask("findings");
  assert.deepEqual(
    rules.map(({ label, count }) => [label, count]),
    [["Leak", 14 * 2 * 120]],
  );
  const rows = rules[0]!.streams.map(({ count, findings }) => [count, findings.length]);
  assert.deepEqual(rows.slice(0, 10), Array(10).fill([240, 200]));
  assert.deepEqual(rows.slice(10), Array(4).fill([240, 0]));
});
