import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { eventKinds } from "../../core/words/event.ts";
import { assertGenerated } from "../../test/generated.ts";
import { formOfKind } from "./event-forms.ts";
import { eventForms, formsMarkdown, lineForms, wholeText } from "./form-text.ts";
import { connectionForm, forms } from "./forms.ts";
import { parseTrace } from "./parse.ts";
import { printTrace } from "./print.ts";

test("messages show every form, without what is rare", () => {
  assert.deepEqual(eventForms, [
    "install [unsent]",
    "send LENGTH [more|eor] [zerocopy [pieces=N]] [type=TYPE]",
    "record LENGTH [type=TYPE] [sn=N|?] [epoch=E]",
    "gap LENGTH",
    "> START:END(LENGTH) [fin] [lost|qdisc-drop] [captured] [straddle] [orphan|orphan-partial] [marked] [no-memory] [ring-full] [xmit-more] [dma-error=K] [queue=N]",
    "< ack N [sack START:END,…] [racing]",
    "merge START:END",
    "split AT",
    "page-write START:END",
    "set PATH VALUE",
    "splice-eof",
    "rekey",
    "reroute DEVICE",
    "close",
    "destruct",
  ]);
  assert.deepEqual(lineForms, [
    "device NAME [profile=P|FILE.json] [kernel=K] [mtu=N] [slaves=NAME,…]",
    "connection NAME device=NAME [key=value …]",
    "+SECONDS CONNECTION EVENT",
    "+SECONDS DEVICE down|up|reset|hold|resume|refuse|accept|become PROFILE",
    "expect EFFECT [field=value …] [under PROFILE,…]",
    "expect no EFFECT",
    "expect counter NAME=N",
    "expect wire=VERDICT",
    "# comment",
  ]);
});

test("the whole form has every part", () => {
  assert.equal(
    wholeText(connectionForm),
    "connection NAME [flow=SRC:PORT>DST:PORT] device=NAME [version=V] [cipher=C] [seq=N] [rec_seq=N] [mss=N] [payload_max=N] [reuses=NAME] [from=capture] [keys=unknown] [key=HEX] [salt=HEX] [iv=HEX]",
  );
  assert.deepEqual(forms.filter(({ family }) => family === "expectation").map(wholeText), [
    "expect EFFECT [field=value …] [under PROFILE,…]",
    "expect no EFFECT [field=value …] [under PROFILE,…]",
    "expect counter [DEVICE|CONNECTION] NAME=N [under PROFILE,…]",
    "expect [no] wire=VERDICT [under PROFILE,…]",
  ]);
});

test("each kind of event has one form, and every form and part a sentence", () => {
  assert.deepEqual(
    eventKinds.map((_, kind) => formOfKind[kind]?.kind),
    eventKinds.map((_, kind) => kind),
  );
  const sentences = forms.flatMap(({ says, parts }) => [says, ...parts.map((part) => part.says)]);
  for (const says of sentences) assert.match(says, /^[A-Zs`].*\.$/, says);
});

test("the examples of the table are lines of the language", () => {
  const head =
    "device eth0 profile=connectx mtu=1500\nconnection web device=eth0 version=1.2 seq=0 rec_seq=1\n";
  const lines = forms.map(({ family, example }) => {
    if (family === "connection") return `+0 web ${example}`;
    return family === "device" ? `+0 eth0 ${example}` : example;
  });
  for (const [i, line] of lines.entries()) {
    const { verb } = forms[i]!;
    // What it takes to be right there: another device, bytes to send, a name of its own.
    const bytes =
      verb === "install" || verb === "record" || verb === "gap"
        ? ""
        : "+0 web send 50000 zerocopy\n+0 web > 0:50087(50087)\n";
    const own = line.replace(/^(device|connection) \w+/, "$1 other");
    const trace = parseTrace("test", `${head}device eth1\n${bytes}${own}\n`, profileById);
    assert.deepEqual(trace.diagnostics, [], line);
    const again = parseTrace("test", printTrace(trace), profileById);
    assert.deepEqual(again.diagnostics, [], line);
    assert.equal(again.events.count, trace.events.count, line);
  }
});

test("language.md lists every statement as the table of forms has it", () => {
  const text = formsMarkdown();
  assertGenerated("media/docs/language.md", "Every statement", text);
  // Every row has three cells.
  for (const row of text.trimEnd().split("\n")) assert.equal(row.match(/(?<!\\)\|/g)?.length, 4, row);
});
