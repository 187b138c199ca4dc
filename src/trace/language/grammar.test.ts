import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { effects } from "../../core/words/effect.ts";
import { type Grammar, piecesOf } from "../../test/textmate.ts";
import type { Form } from "./form.ts";
import { forms } from "./forms.ts";
import { statementOf } from "./statement.ts";
import type { TokenRole } from "./take.ts";

const grammar = JSON.parse(
  readFileSync(path.resolve("syntaxes/tlstrace.tmLanguage.json"), "utf8"),
) as Grammar;
const { repository } = grammar;
const begin = (rule: string, line: string) => new RegExp(repository[rule]!.begin!, "u").exec(line);

/** Scopes that the grammar gives what the language knows by these roles; a value has any scope. */
const scopesOf: Readonly<Record<TokenRole, RegExp>> = {
  verb: /^(keyword\.(other\.event|operator\.arrow|control\.expect)|storage\.type\.(device|connection))\./,
  word: /^keyword\.(other\.(ack|under|counter)|operator\.logical\.no)\./,
  flag: /^storage\.modifier\.flag\./,
  key: /^variable\.parameter\.option\.|^storage\.modifier\.flag\.|^support\.class\.effect\./,
  value: /./,
  comment: /^comment\./,
  unknown: /^$/,
};

/** A line of the form with every part that it can have. */
function fullest({ family, verb, parts }: Form): string {
  const head = family === "connection" ? "+0 web " : family === "device" ? "+0 eth0 " : "";
  const words = parts.map(({ role, name, shown }) => {
    if (role === "flag" || name === "no" || name === "counter") return name;
    if (role === "option") return `${name === "NAME" ? "tx_tls_ooo" : name}=1`;
    if (role === "word") return `${name} ${name === "under" ? "connectx" : "1"}`;
    return { "START:END(LENGTH)": "0:1(1)", "START:END": "0:1", EFFECT: "resync" }[shown] ?? "1";
  });
  return `${head}${[verb, ...words].join(" ")} # why`;
}

test("the grammar knows every word of every form of the language", () => {
  for (const form of forms) {
    const line = fullest(form);
    const pieces = piecesOf(grammar, line)[0]!;
    let from = 0;
    const scopes = pieces.map(([text, scope]) => {
      const start = line.indexOf(text, from);
      from = start + text.length;
      return { start, end: from, scope };
    });
    for (const { role, start, text } of statementOf(line, 1).tokens) {
      const scope = scopes.find((piece) => piece.start <= start && start < piece.end)?.scope ?? "";
      assert.match(scope, scopesOf[role], `${text} of ${line}`);
    }
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
