import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readLine, textLines } from "../lexer.ts";
import { statementOf, statementsOf } from "./statement.ts";

const samplesFolder = path.resolve("media/samples");
const samples = readdirSync(samplesFolder).filter((name) => name.endsWith(".tlstrace"));

/** A line's tokens as `TEXT=ROLE`, with the part that says what it states. */
const said = (line: string): string[] =>
  statementOf(line, 1).tokens.map(
    ({ text, role, part }) => `${text}=${role}${part === null ? "" : `:${part.name}`}`,
  );

test("every word of the samples has a role, and its range gives back its text", () => {
  let tokens = 0;
  for (const name of samples) {
    const text = readFileSync(path.join(samplesFolder, name), "utf8");
    const lines = [...textLines(text)];
    const statements = [...statementsOf(text)];
    assert.equal(statements.length, lines.length);
    for (const [i, statement] of statements.entries()) {
      const line = lines[i]!;
      assert.equal(statement.line, i + 1);
      for (const token of statement.tokens) {
        assert.equal(line.slice(token.start, token.end), token.text);
        assert.notEqual(token.role, "unknown", `${name}:${i + 1}: ${token.text}`);
      }
      assert.equal(leftOver(line, statement.tokens).replace(/[ \t=,]/g, ""), "", `${name}:${i + 1}`);
      assert.equal(statement.form === null, line.trim() === "", `${name}:${i + 1}`);
      tokens += statement.tokens.length;
    }
  }
  assert.ok(tokens > 5000, `${tokens}`);
});

/** What of a line stands in no token. */
function leftOver(line: string, tokens: readonly { start: number; end: number }[]): string {
  let rest = "";
  let at = 0;
  for (const { start, end } of tokens) {
    assert.ok(start >= at, "tokens stand in the line's order and share no character");
    rest += line.slice(at, start);
    at = end;
  }
  return rest + line.slice(at);
}

test("tokens say what they are", () => {
  assert.deepEqual(said("device b profile=connectx/long-dump slaves=eth0,eth1 # two"), [
    "device=verb",
    "b=value:NAME",
    "profile=key:profile",
    "connectx/long-dump=value:profile",
    "slaves=key:slaves",
    "eth0=value:slaves",
    "eth1=value:slaves",
    "# two=comment:comment",
  ]);
  assert.deepEqual(said("+.5 web > 0:5(5)  lost dma-error queue=2"), [
    "+.5=value:+SECONDS",
    "web=value:CONNECTION",
    ">=verb",
    "0:5(5)=value:START:END(LENGTH)",
    "lost=flag:lost",
    "dma-error=key:dma-error",
    "queue=key:queue",
    "2=value:queue",
  ]);
  assert.deepEqual(said("+0 web < ack 5 sack 7:8,9:10 racing"), [
    "+0=value:+SECONDS",
    "web=value:CONNECTION",
    "<=verb",
    "ack=word:ack",
    "5=value:ack",
    "sack=word:sack",
    "7:8=value:sack",
    "9:10=value:sack",
    "racing=flag:racing",
  ]);
  assert.deepEqual(said("+0 eth0 down"), ["+0=value:+SECONDS", "eth0=value:DEVICE", "down=verb"]);
  assert.deepEqual(said(" expect no resync record=1 under connectx,v4.19"), [
    "expect=verb",
    "no=word:no",
    "resync=value:EFFECT",
    "record=key:field",
    "1=value:field",
    "under=word:under",
    "connectx=value:under",
    "v4.19=value:under",
  ]);
  assert.deepEqual(said("expect counter under tx_tls_ooo=1"), [
    "expect=verb",
    "counter=word:counter",
    "under=value:DEVICE|CONNECTION",
    "tx_tls_ooo=key:NAME",
    "1=value:NAME",
  ]);
  assert.deepEqual(said("expect wire=match"), ["expect=verb", "wire=key:wire", "match=value:wire"]);
});

test("of a line that is wrong or not done yet, what can be told is told", () => {
  assert.deepEqual(said("+0 web send 5 copyless type="), [
    "+0=value:+SECONDS",
    "web=value:CONNECTION",
    "send=verb",
    "5=value:LENGTH",
    "copyless=unknown",
    "type=key:type",
  ]);
  assert.deepEqual(said("+0 web melt 5"), [
    "+0=value:+SECONDS",
    "web=value:CONNECTION",
    "melt=unknown",
    "5=unknown",
  ]);
  assert.deepEqual(said(" expect resync under"), ["expect=verb", "resync=value:EFFECT", "under=word:under"]);
  assert.deepEqual(said("device mtu=9"), ["device=verb", "mtu=unknown"].slice(0, 1).concat("mtu=9=unknown"));
  assert.deepEqual(said("lorem ipsum"), ["lorem=unknown", "ipsum=unknown"]);
  assert.equal(statementOf("+0 web send", 7).form?.verb, "send");
  assert.deepEqual(statementOf("", 3), { line: 3, form: null, tokens: [] });
});

test("any line is taken apart: its words are its tokens, `=` and commas left out", () => {
  const words = fc.constantFrom(
    ..."device connection expect no under counter wire= +0 web > < ack sack send 5 0:5(5) lost type=alert slaves=a,,b ,x = =x #y type= mtu".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 5 })), { maxLength: 9 }), (parts) => {
      const line = parts.join(" ").replaceAll(/[\r\n]/g, " ");
      const { tokens } = statementOf(line, 1);
      for (const { start, end, text } of tokens) assert.equal(line.slice(start, end), text);
      const { words: read, comment } = readLine(line, 1);
      const inWords = tokens.filter(({ role }) => role !== "comment");
      for (const word of read)
        if (/[^=,]/.test(word.text))
          assert.ok(inWords.some(({ start, end }) => start >= word.start && end <= word.end));
      assert.equal(
        leftOver(line.trimEnd(), tokens)
          .replace(/[ \t=,]/g, "")
          .trim(),
        "",
      );
      assert.equal(tokens.at(-1)?.role === "comment", comment !== null);
    }),
    { numRuns: 2000 },
  );
});
