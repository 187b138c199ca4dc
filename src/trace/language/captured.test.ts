import assert from "node:assert/strict";
import { test } from "node:test";
import { profileById } from "../../core/profiles/all.ts";
import type { Trace } from "../trace.ts";
import { parseTrace } from "./parse.ts";

const parse = (text: string): Trace => parseTrace("test", text, profileById);

test("a flow is what else a connection is known by: addresses and ports, as captures name streams", () => {
  const flow = "[::1]:443>[::1]:5000#2";
  const { connections, streams, diagnostics } = parse(`device d\nconnection B>A2 flow=${flow} device=d`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual([connections[0]!.name, connections[0]!.flow], ["B>A2", flow]);
  assert.deepEqual([streams[0]!.short, streams[0]!.name], ["B>A2", flow]);
  const bad = parse("device d\nconnection c flow= device=d");
  assert.match(bad.diagnostics[0]!.message, /a flow reads SRC:PORT>DST:PORT/);
});
