import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { effects } from "../../core/words/effect.ts";
import { sendFlags, transmitFlags } from "./event-forms.ts";
import { eventForms } from "./form-text.ts";

interface Rule {
  match?: string;
  begin?: string;
  name?: string;
}

const { repository } = JSON.parse(
  readFileSync(path.resolve("syntaxes/tlstrace.tmLanguage.json"), "utf8"),
) as {
  repository: Record<string, Rule & { patterns?: Rule[] }>;
};
const begin = (rule: string, line: string) => new RegExp(repository[rule]!.begin!, "u").exec(line);

/** Scope that the event rules give a word behind the connection's name. */
const scopeOf = (word: string) =>
  repository.event!.patterns!.find(
    ({ match, name }) => name && match && new RegExp(match, "u").exec(` ${word} `)?.[0] === word,
  )?.name;

test("the grammar knows every event and flag of the language", () => {
  for (const flag of [...Object.keys(sendFlags), ...Object.keys(transmitFlags)]) {
    assert.equal(scopeOf(flag), "storage.modifier.flag.tlstrace", flag);
  }
  for (const [word] of eventForms.map((form) => form.split(" "))) {
    const arrow = word === ">" || word === "<";
    assert.equal(
      scopeOf(word!),
      arrow ? "keyword.operator.arrow.tlstrace" : "keyword.other.event.tlstrace",
      word,
    );
  }
});

test("the grammar takes lines apart as the reader does", () => {
  assert.deepEqual(begin("event", "+.001  [::1]:443>[::1]:5000#2 > 0:5(5)")?.slice(1), [
    "+.001",
    "[::1]:443>[::1]:5000#2",
  ]);
  assert.deepEqual(begin("device", "device  eth0 mtu=1500")?.slice(1), ["device", "eth0"]);
  assert.deepEqual(begin("connection", "connection web device=eth0")?.slice(1), ["connection", "web"]);
  for (const { name } of effects)
    assert.deepEqual(begin("expect", `  expect no ${name} seq=-5`)?.slice(1), ["expect", "no", name]);
  assert.deepEqual(begin("expect", "expect wire=match under connectx")?.slice(1), [
    "expect",
    undefined,
    undefined,
  ]);
  const under = (line: string) => new RegExp(repository.under!.match!, "u").exec(line)?.slice(1);
  assert.deepEqual(under("expect resync record=1 under connectx,innova # why"), ["under", "connectx,innova"]);
  assert.equal(under("expect counter under tx_tls_ooo=1"), undefined);
  const range = new RegExp(repository.range!.match!, "u").exec("web > -51:0(51)  lost");
  assert.deepEqual(range?.slice(1), ["-51", ":", "0", "(", "51", ")"]);
  assert.equal(new RegExp(repository.comment!.match!, "u").exec("a#2 # why")?.[0], "# why");
});
