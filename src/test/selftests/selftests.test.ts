import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { modelReports } from "../../judge/evidence/expected.ts";
import { outcomesOf } from "../../judge/expectations.ts";
import { noFindings } from "../../replay/findings.ts";
import { Timeline } from "../../replay/timeline.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { finished } from "../../trace/platform.ts";
import { Sign } from "../../trace/signs.ts";
import { textOf, type Variant, variants } from "./variants.ts";

const folder = "media/samples/selftests";
/** Messages from one KeyUpdate to the next in the shipped files: enough for every change of state. */
const shipped = 3;

const fileOf = ({ name }: Variant): string => path.join(folder, `hw-${name.replaceAll("_", "-")}.tlstrace`);

function headOf({ name, version, cipher, size, interval, rekeys, isRandom, isBurst }: Variant): string[] {
  const bytes = isRandom ? `up to ${size}` : size;
  const how = isBurst ? "one way" : "echoed";
  const keys = rekeys === 0 ? "" : `, ${rekeys} KeyUpdate${rekeys === 1 ? "" : "s"}`;
  const messages = interval * (rekeys + 1);
  return [
    `Hardware selftest ${name}: TLS ${version}, ${cipher}, messages of ${bytes} bytes ${how}${keys}.`,
    "",
    `The sending side of the kernel's own test, tools/testing/selftests/drivers/net/hw/tls_hw_offload.py (2026): ${messages}`,
    `messages, of which at most ${shipped} from one change of keys to the next stand here. The KeyUpdate goes under the old`,
    "key and is not acknowledged as the new one is installed, so each change waits for the next message behind its",
    "acknowledgement (kernel.md section 8). The test asks that the device encrypted, and that every change ends as done,",
    "as given up by close (one at most) or as fallen back to software, on a device that is up never (verify_tls_counters()).",
    "Made by `UPDATE=1 npm test` from src/test/selftests/variants.ts.",
  ];
}

test("the hardware test's variants lie among the samples as they are made (UPDATE=1 writes them)", () => {
  mkdirSync(folder, { recursive: true });
  for (const variant of variants) {
    const text = textOf(variant, headOf(variant), shipped);
    if (process.env.UPDATE === "1") writeFileSync(fileOf(variant), text);
    assert.equal(readFileSync(fileOf(variant), "utf8"), text, `${fileOf(variant)} (UPDATE=1 rewrites it)`);
  }
  const made = readdirSync(folder).filter((name) => name.startsWith("hw-"));
  assert.equal(made.length, variants.length);
});

/** A trace on one device: what tls_stat has counted of its connection, and how many keys were overtaken. */
function replayed(text: string, profile: string) {
  const trace = parseTrace("selftest", text.replace("profile=connectx", `profile=${profile}`), profileById);
  assert.deepEqual(
    trace.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  const timeline = new Timeline(trace).runAll();
  const wrong = outcomesOf({ timeline, findings: noFindings }).filter(({ actual }) => actual !== null);
  assert.deepEqual(wrong.slice(0, 3), []);
  const overtaken = timeline.effects.count(Sign["rekey-superseded"]);
  return { counts: finished(modelReports(timeline)).counts[0]!, overtaken };
}

for (const variant of variants)
  test(`${variant.name} in full: what the kernel's test asks of tls_stat holds`, () => {
    const text = textOf(variant, [], undefined);
    const isLong = variant.interval >= 10_000;
    for (const profile of isLong ? ["connectx"] : ["connectx", "bnxt"]) {
      const { counts, overtaken } = replayed(text, profile);
      // With a KeyUpdate behind every message the next one comes before the device has the last one's key.
      assert.equal(overtaken > 0, variant.isBurst && variant.interval === 1);
      const { TlsTxRekeyOk: ok, TlsTxRekeyAborted: aborted } = counts;
      assert.equal(counts.TlsTxDevice, 1);
      assert.equal(ok + aborted + counts.TlsTxRekeyFallback, variant.rekeys);
      assert.ok(aborted <= 1);
      assert.deepEqual([counts.TlsTxRekeyFallback, counts.TlsTxRekeyError, counts.TlsCurrTxRekey], [0, 0, 0]);
    }
  });
