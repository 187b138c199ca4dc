import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import { Timeline } from "../../replay/timeline.ts";
import { viewAt } from "../../replay/view/view.ts";
import { parseTrace } from "../../trace/language/parse.ts";
import { UserError } from "../../trace/platform.ts";
import { checkMessage, interpolate, LogOutput } from "./log-points.ts";

const text =
  "device eth0 profile=connectx\nconnection web device=eth0 version=1.3 cipher=aes-128-gcm seq=7\n+0 web send 10\n";
const timeline = new Timeline(parseTrace("log.tlstrace", text, profileById)).runAll();
const view = viewAt(timeline, { event: 0, stage: 0 });

test("each expression in braces gives way to its value, a mistake to what is wrong", () => {
  assert.equal(interpolate(view, "sent {packet.length} by {tcp.name}, {1 + 2}"), "sent 10 by web, 3");
  assert.equal(interpolate(view, "nothing to see"), "nothing to see");
  assert.match(interpolate(view, "{tcp.colour}!"), /^\{tcp\.colour: no value "tcp\.colour".*\}!$/);
});

test("a message with an expression that cannot be read is refused when it is set", () => {
  checkMessage("{packet.length} { packet.seq }");
  assert.throws(() => checkMessage("{packet.length +}"), UserError);
});

test("a session's log points write 25,000 lines, the last of which says that there were more", () => {
  const output = new LogOutput();
  for (let line = 0; line < 25_000; line++) assert.equal(output.line(view, "{packet.length}"), "10");
  assert.match(output.line(view, "{packet.length}")!, /have written 25000 lines: no more/);
  assert.equal(output.line(view, "{packet.length}"), null);
});
