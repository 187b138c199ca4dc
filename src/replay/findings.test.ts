import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { profileById } from "../core/profiles/all.ts";
import { parseTrace } from "../trace/language/parse.ts";
import { type FindingName, Sign, signsNamed } from "../trace/signs.ts";
import { type Finding, Findings, nextSign, noFindings, signsAt } from "./findings.ts";
import { Timeline } from "./timeline.ts";

const text = readFileSync("media/samples/retransmission-in-record.tlstrace", "utf8");
const timeline = new Timeline(parseTrace("sample", text, profileById)).runAll();

const found = (name: FindingName, event: number, stage = -1, sentence = ""): Finding => ({
  ...{ kind: Sign[name], a: 0, b: 0, event, stage, place: "", text: sentence },
});

test("findings are given by event, those of one event in the order in which the judges gave them", () => {
  const given = [
    found("profile-differs", 5, -1, "first"),
    found("wire-differs", 2),
    found("evidence-differs", 5, -1, "second"),
  ];
  const findings = new Findings({ findings: given });
  assert.deepEqual(
    findings.of(5).map((finding) => finding.text),
    ["first", "second"],
  );
  assert.deepEqual([findings.of(2).length, findings.of(3).length], [1, 0]);
  assert.deepEqual(findings.all, given);
  assert.equal(findings.kinds.count(Sign["wire-differs"]), 1);
});

test("a finding shows behind its stage's effects; without a stage of its own behind the event's last", () => {
  const findings = new Findings({
    findings: [found("wire-differs", 4), found("evidence-differs", 4, 1), found("profile-differs", 4, 99)],
  });
  const { stages } = timeline.record(4);
  const kindsAt = (stage: number) =>
    signsAt({ timeline, findings }, { event: 4, stage }).map(({ kind }) => kind);
  const own = (stage: number) => stages[stage]!.effects.map(({ kind }) => kind);
  const last = stages.length - 1;
  assert.deepEqual(kindsAt(0), own(0));
  assert.deepEqual(kindsAt(1), [...own(1), Sign["evidence-differs"]]);
  assert.deepEqual(kindsAt(last), [...own(last), ...signsNamed("wire-differs", "profile-differs")]);
});

test("judging leaves the timeline as it was: who looks without findings sees none", () => {
  const { stages } = timeline.record(4);
  const last = { event: 4, stage: stages.length - 1 };
  assert.equal(signsAt({ timeline, findings: noFindings }, last), stages.at(-1)!.effects);
});

test("the next sign is the nearer of an effect and a finding", () => {
  const findings = new Findings({ findings: [found("wire-differs", 5)] });
  const kinds = signsNamed("out-of-order", "wire-differs");
  const next = (from: number, direction: 1 | -1) => nextSign({ timeline, findings }, from, direction, kinds);
  // Events 4 and 6 are out of order.
  assert.deepEqual([next(0, 1), next(5, 1), next(6, 1), next(7, 1)], [4, 5, 6, -1]);
  assert.deepEqual([next(8, -1), next(5, -1), next(4, -1), next(3, -1)], [6, 5, 4, -1]);
});
