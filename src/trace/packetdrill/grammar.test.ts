import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { type Grammar, piecesOf } from "../../test/textmate.ts";
import { readCall } from "./call.ts";
import { readPacket } from "./packet.ts";
import { timePattern } from "./statements.ts";

const grammar = JSON.parse(
  readFileSync(path.resolve("syntaxes/packetdrill.tmLanguage.json"), "utf8"),
) as Grammar;

/** Each piece of the text that has a scope, as `TEXT=SCOPE` without the language's own ending; a list for each line. */
const scoped = (text: string): string[][] =>
  piecesOf(grammar, text).map((line) =>
    line.flatMap(([piece, scope]) =>
      scope === null ? [] : [`${piece}=${scope.replace(/\.packetdrill$/, "")}`],
    ),
  );

/** The pieces of a line that have this scope. */
const having = (scope: string, text: string): string[] =>
  piecesOf(grammar, text)
    .flat()
    .flatMap(([piece, found]) => (found === `${scope}.packetdrill` ? [piece] : []));

test("a packet line: time, direction, flags, range, fields and options", () => {
  assert.deepEqual(scoped("+.1 > [ect0] P. 1:1001(1000) ack 1 win 9 <nop,sack 5:9> // why"), [
    [
      "+.1=constant.numeric.time",
      ">=keyword.operator.arrow",
      "[ect0]=storage.modifier.ecn",
      "P.=storage.modifier.flags",
      "1=constant.numeric.range.start",
      ":=punctuation.separator.range",
      "1001=constant.numeric.range.end",
      "(=punctuation.section.parens.begin",
      "1000=constant.numeric.range.length",
      ")=punctuation.section.parens.end",
      "ack=keyword.other.field",
      "1=constant.numeric",
      "win=keyword.other.field",
      "9=constant.numeric",
      "<=punctuation.section.options.begin",
      "nop=support.type.option",
      "sack=support.type.option",
      "5=constant.numeric.range.start",
      ":=punctuation.separator.range",
      "9=constant.numeric.range.end",
      ">=punctuation.section.options.end",
      "// why=comment.line.double-slash",
    ],
  ]);
});

test("a system call: name, fields, constants, strings, result", () => {
  assert.deepEqual(scoped('0.5...0.7 sendmsg(4, {msg_flags=0, "a // b"}, MSG_EOR|MSG_MORE) = -1 # no'), [
    [
      "0.5=constant.numeric.time",
      "...=keyword.operator.range",
      "0.7=constant.numeric.time",
      "sendmsg=entity.name.function.call",
      "4=constant.numeric",
      "msg_flags=variable.other.field",
      "==keyword.operator",
      "0=constant.numeric",
      '"=string.quoted.double',
      "a // b=string.quoted.double",
      '"=string.quoted.double',
      "MSG_EOR=support.constant",
      "|=keyword.operator",
      "MSG_MORE=support.constant",
      "==keyword.operator",
      "-1=constant.numeric",
      "# no=comment.line.number-sign",
    ],
  ]);
});

test("blocks run over lines and end where they end: comments, shell, Python, options", () => {
  assert.deepEqual(
    scoped(
      "/* a\n+0 > S 0:0(0) */ --x\n`sysctl\n-q a=1` \n+0 %{\nassert a == 1 }%\n+0 > . 1:1(0) <nop,\n  TS val 1>\n+1 close(4) = 0",
    ),
    [
      ["/*=comment.block", "a=comment.block"],
      ["+0 > S 0:0(0)=comment.block", "*/=comment.block"],
      ["`=punctuation.definition.string.begin.shell", "sysctl=string.interpolated.shell"],
      ["-q a=1=string.interpolated.shell", "`=punctuation.definition.string.end.shell"],
      ["+0=constant.numeric.time", "%{=punctuation.section.embedded.begin"],
      ["assert a == 1=source.python", "}%=punctuation.section.embedded.end"],
      [
        "+0=constant.numeric.time",
        ">=keyword.operator.arrow",
        ".=storage.modifier.flags",
        "1=constant.numeric.range.start",
        ":=punctuation.separator.range",
        "1=constant.numeric.range.end",
        "(=punctuation.section.parens.begin",
        "0=constant.numeric.range.length",
        ")=punctuation.section.parens.end",
        "<=punctuation.section.options.begin",
        "nop=support.type.option",
      ],
      [
        "TS=support.type.option",
        "val=support.type.option",
        "1=constant.numeric",
        ">=punctuation.section.options.end",
      ],
      [
        "+1=constant.numeric.time",
        "close=entity.name.function.call",
        "4=constant.numeric",
        "==keyword.operator",
        "0=constant.numeric",
      ],
    ],
  );
});

test("TCP options that never close end at the next event", () => {
  assert.deepEqual(having("entity.name.function.call", "+0 > . 1:1(0) <nop,\n+1 close(4) = 0"), ["close"]);
});

test("options of the tool, protocols and encapsulation are told apart", () => {
  assert.deepEqual(scoped("--mtu=1500 // x")[0]?.slice(0, 3), [
    "--mtu=variable.parameter.option",
    "==keyword.operator.assignment",
    "1500=string.unquoted",
  ]);
  const packet = "+0 < ipv4 1.1.1.1 > 2.2.2.2: gre: . 1:2(1) ack 1/udp(1 > 2)";
  assert.deepEqual(having("keyword.other.protocol", packet), ["ipv4", "gre", "udp"]);
  assert.deepEqual(having("keyword.operator.arrow", packet), ["<", ">", ">"]);
  assert.deepEqual(having("constant.other.address", packet), ["1.1.1.1", "2.2.2.2"]);
  assert.deepEqual(having("keyword.other.protocol", "+0 < icmp unreachable"), ["icmp"]);
});

test("the grammar takes times, flags and calls as the reader does", () => {
  for (const time of [
    "0",
    "+.1",
    "+0.100",
    "*",
    "+ 2",
    "0.1~0.2",
    "+.21~+.215",
    "+0 ~ +1",
    "+.1...0.4",
    "+.002 ... 3.1",
  ]) {
    const line = `  ${time} close(4) = 0`;
    assert.equal(timePattern.exec(line)?.[0].trim(), time);
    const pieces = piecesOf(grammar, line)[0]!;
    const before = pieces.slice(
      0,
      pieces.findIndex(([piece]) => piece === "close"),
    );
    assert.equal(before.map(([piece]) => piece).join(""), time.replace(/ (?=\.)|(?<=\.) /g, ""), time);
    assert.deepEqual(having("entity.name.function.call", line), [readCall(tokenOf("close(4) = 0")).name]);
  }
  for (const flags of ["S", "S.", "SEWA", "FP.", ".", ".5", "5.", "P5.", "P.5", "-", "FE"]) {
    const packet = `> ${flags} 1:1(0) ack 1`;
    assert.equal(readPacket(tokenOf(packet)).flags, flags);
    assert.deepEqual(having("storage.modifier.flags", `+0 ${packet}`), [flags]);
  }
  assert.deepEqual(having("storage.modifier.flags", "+0 > R. 0:0(0)! ack 3!"), ["R."]);
  assert.deepEqual(having("storage.modifier.flags", "+0 > P. 1:10 (9) ack 3"), ["P."]);
  assert.deepEqual(having("constant.numeric.range.length", "+0 > P. 1:10 (9) ack 3"), ["9"]);
  assert.deepEqual(having("keyword.operator.absolute", "+0 > R. 0:0(0)! ack 3!"), ["!", "!"]);
  assert.deepEqual(having("keyword.operator.ellipsis", "+0 > S. ...(0) ack ... <...>"), [
    "...",
    "...",
    "...",
  ]);
});

const tokenOf = (text: string) => ({ text, start: 0, end: text.length });
