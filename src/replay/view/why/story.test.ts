import assert from "node:assert/strict";
import { test } from "node:test";
import { keystream } from "../../../core/base/keystream.ts";
import { seq } from "../../../core/base/seq.ts";
import { profileById, profiles } from "../../../core/profiles/all.ts";
import { Effect } from "../../../core/words/effect.ts";
import { Kind } from "../../../core/words/event.ts";
import { longTrace } from "../../../test/bench/long-trace.ts";
import { Dice } from "../../../test/simulator/dice.ts";
import { generate, kernelChoices, readStory } from "../../../test/simulator/generate.ts";
import { settingOf } from "../../../test/simulator/simulation.ts";
import { payloadOf } from "../../../trace/language/keystream.ts";
import { parseTrace } from "../../../trace/language/parse.ts";
import { parsePacketdrill } from "../../../trace/packetdrill/script.ts";
import type { Trace } from "../../../trace/trace.ts";
import { Timeline } from "../../timeline.ts";
import { bytesNamed } from "./numbers.ts";
import { storyOf } from "./story.ts";
import { storyHead, storyRows } from "./words.ts";

/** The story of a byte of the first connection, in lines. */
function why(trace: Trace, text: string): string[] {
  assert.deepEqual(
    trace.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  const timeline = new Timeline(trace).runAll();
  const here = trace.connections[0]!.startSeq;
  const { from } = bytesNamed(timeline, { connection: 0, here }, text)!;
  const story = storyOf(timeline, 0, from);
  const rows = storyRows(timeline, story).map(({ name, text }) => `${name}: ${text}`);
  return [storyHead(timeline, story), ...rows];
}

/** Records of TLS 1.2 with AES-GCM: 5 header, 8 nonce, payload, 16 tag. */
const file = (profile: string, ...lines: string[]): Trace =>
  parseTrace(
    "why",
    [
      `device eth0 profile=${profile} mtu=1500`,
      "connection web device=eth0 version=1.2 cipher=aes-128-gcm seq=4294967000 rec_seq=7",
      ...lines,
    ].join("\n"),
    profileById,
  );

const lossy = file(
  "connectx",
  "+0 web send 100 more", // line 3: payload 0 to 99
  "+0 web send 900", // line 4: payload 100 to 999: record 7, 0:1029
  "+0 web send 500", // line 5: record 8, 1029:1558
  "+0 web > 0:600(600) lost", // line 6
  "+0 web > 600:1558(958)", // line 7
  "+0 web < ack 0", // line 8: it acknowledges nothing
  "+0 web > 0:600(600)", // line 9: sent again
  "+0 web < ack 600", // line 10
  "+0 web < ack 1558", // line 11
);

test("a byte's story: written, record, sent, sent again, acknowledged, released", () => {
  // Payload byte 137 of record 7 is byte 137 of what was written: byte 37 of the second write. On the wire 150 bytes
  // behind 4294967000 = 2^32 − 296.
  assert.deepEqual(why(lossy, "150"), [
    "web, byte 150 (4294967150): record 7, byte 150 of 1029 (payload)",
    "written: line 4: send 900; byte 37 of it",
    "record: line 4: record 7, 0:1029(1029)",
    "sent: line 6: 0:600(600); STATIC PROGRESS NOP PKT; encrypted by the NIC's stream; its state from the offload start, before the first event; lost on the wire; this byte left right",
    "sent again 1: line 9: 0:600(600); PROGRESS NOP PKT; encrypted by the NIC's stream; its state from the resync here (record 7); this byte left right",
    "acknowledged: line 10: everything before 600",
    "released: line 11: the record left the map",
  ]);
});

test("parts of a record that no application wrote; a number of the wire; what is in no record", () => {
  const head = (text: string) => why(lossy, text)[0];
  assert.equal(head("0"), "web, byte 0 (4294967000): record 7, byte 0 of 1029 (header)");
  assert.equal(head("5"), "web, byte 5 (4294967005): record 7, byte 5 of 1029 (nonce)");
  assert.equal(head("1012"), "web, byte 1012 (716): record 7, byte 1012 of 1029 (payload)");
  assert.equal(head("1013"), "web, byte 1013 (717): record 7, byte 1013 of 1029 (tag)");
  assert.equal(head("1029"), "web, byte 1029 (733): record 8, byte 0 of 529 (header)");
  assert.match(why(lossy, "1013")[1]!, /^written: line 3: .*the TLS layer adds the tag/);
  assert.equal(head("4294967150"), head("150"), "absolute");
  assert.equal(head("1012:1029(17)"), head("1012"), "a range is told by its first byte");
  assert.deepEqual(why(lossy, "1558"), [
    "web, byte 1558 (1262): in no record",
    "sent: never",
    "acknowledged: never",
  ]);
  assert.equal(head("-1"), "web, byte -1 (4294966999): before the offload");
});

test("who encrypted a copy: software, a piece, nobody, and what dropped it", () => {
  const sent = (trace: Trace, at: string) =>
    why(trace, at)
      .filter((line) => line.startsWith("sent"))
      .map((line) => line.replace(/^.*?: line/, "line"));
  const forward = ["+0 web send 1000", "+0 web send 1000", "+0 web > 0:500(500) qdisc-drop"];
  // Broadcom: what a jump forward finds in one record's middle is presynced, the tag is software's.
  const bnxt = file(
    "bnxt",
    ...forward,
    "+0 web > 500:1000(500)",
    "+0 web > 1000:1500(500)",
    "+0 web > 900:1029(129)",
  );
  assert.deepEqual(sent(bnxt, "600"), [
    "line 6: 500:1000(500); PRESYNC PKT; encrypted by the NIC, by the piece; this byte left right",
  ]);
  assert.deepEqual(sent(bnxt, "100"), ["line 5: 0:500(500); lost in the qdisc; it did not leave"]);
  assert.match(sent(bnxt, "950")[1]!, /^line 8: .*encrypted by software; this byte left right$/);
  // A packet in order goes by the last presync that moved the device on, which is that of line 6.
  assert.match(sent(bnxt, "1100")[0]!, /its state from the resync at line 6 \(record 7\)/);
  // Netronome asks for the next record: what comes until then is software's, then the record pushed next tells it.
  const netronome = file(
    "netronome",
    ...forward,
    "+0 web > 500:1029(529)",
    "+0 web send 300",
    "+0 web > 1029:2058(1029)",
    "+0 web > 2058:2387(329)",
  );
  assert.match(sent(netronome, "700")[0]!, /^line 6: .*encrypted by software/);
  assert.match(sent(netronome, "2100")[0]!, /its state from the next-record resync at line 7 \(record 9\)/);
});

test("a byte that leaves wrong: in which copy, what it is, what it must be", () => {
  // v4.19 lets an orphaned segment leave in clear, with the record's first page once more where the tag belongs.
  const leak = file(
    "connectx kernel=v4.19",
    "+0 web send 1000",
    "+0 web > 0:1029(1029) orphan",
    "+0 web > 0:1029(1029)",
  );
  const verdicts = (at: string) =>
    why(leak, at)
      .filter((line) => line.startsWith("sent"))
      .map((line) => line.replace(/.*; /, ""));
  const clear = keystream(payloadOf("web").key, 50 - 13, 1)[0]!;
  assert.match(verdicts("50")[0]!, new RegExp(`^this byte left wrong: ${clear}, must be \\d+$`));
  assert.equal(verdicts("50")[1], "this byte left right");
  assert.match(verdicts("1013")[0]!, /^this byte left wrong: 23, must be \d+$/);
  assert.deepEqual(verdicts("3"), ["this byte left right", "this byte left right"], "a header is in clear");
});

const script = parsePacketdrill(
  "why.pkt",
  [
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3",
    "+0 bind(3, ..., ...) = 0",
    "+0 listen(3, 1) = 0",
    "+0 < S 0:0(0) win 40000 <mss 1000>",
    "+0 > S. 0:0(0) ack 1 <...>",
    "+0 < . 1:1(0) ack 1 win 400",
    "+0 accept(3, ..., ...) = 4",
    "+0 write(4, ..., 2000) = 2000",
    "+0 > P. 1:1001(1000) ack 1",
    "+0 < . 1:1(0) ack 1001 win 400",
  ].join("\n"),
  profileById("connectx")!,
);

test("in a script the numbers are the script's", () => {
  assert.deepEqual(why(script, "1").slice(0, 3), [
    "conn0, byte 1: record 0, byte 0 of 2029 (header)",
    "written: line 8: send 2000; the TLS layer adds the header to what is written",
    "record: line 8: record 0, 1:2030(2029)",
  ]);
  assert.match(why(script, "1:1001(1000)")[3]!, /^sent: line 9: 1:1001\(1000\)/);
  assert.equal(why(script, "1000")[4], "acknowledged: line 10: everything before 1001");
  assert.equal(why(script, "1001")[4], "acknowledged: never");
});

/** The same by looking at every event of the connection, one after the other. */
function slowly(timeline: Timeline, connection: number, at: number) {
  const { events } = timeline.trace;
  const { records } = timeline.machine.sockets[connection]!;
  const row = records.rowOf(seq(at), records.count);
  const own = [...timeline.eventsOf(connection)];
  const after = (event: number) => timeline.stateBefore(connection, event + 1);
  const firstWith = (holds: (event: number) => boolean) => own.find(holds) ?? null;
  const resyncs = own.filter((event) =>
    timeline
      .record(event)
      .stages.filter((stage) => stage.connection === connection)
      .some(({ effects, descriptors }) =>
        effects.some(
          ({ kind }) =>
            kind === Effect["resync-sent"] ||
            kind === Effect["rekey-done"] ||
            kind === Effect["offload-installed"] ||
            (kind === Effect.resync && !descriptors.some(({ kind, fence }) => kind === "presync" && !fence)),
        ),
      ),
  );
  return {
    copies: own.filter(
      (event) =>
        events.kind.at(event) === Kind.transmit &&
        at >= events.seq.at(event) &&
        at < events.seq.at(event) + events.length.at(event),
    ),
    acknowledged: firstWith((event) => after(event).acked === 1 && after(event).sndUna > at),
    released: row < 1 ? null : firstWith((event) => after(event).head > row),
    builtBy: (event: number) => resyncs.findLast((one) => one <= event) ?? -1,
  };
}

function agrees(trace: Trace, dice: Dice, bytes: number, seed: string): number {
  const timeline = new Timeline(trace).runAll();
  let looked = 0;
  for (const [connection, { startSeq }] of trace.connections.entries()) {
    const { records } = timeline.machine.sockets[connection]!;
    if (records.count < 2) continue;
    const length = records.end(records.count - 1) - startSeq;
    for (let i = 0; i < bytes && length > 0; i++) {
      const at = startSeq + dice.from(0, length - 1);
      const story = storyOf(timeline, connection, seq(at));
      const { copies, acknowledged, released, builtBy } = slowly(timeline, connection, at);
      const where = `${seed}, connection ${connection}, byte ${at - startSeq}`;
      const told = story.copies.map(({ event }) => event);
      assert.deepEqual([told, story.acknowledged, story.released], [copies, acknowledged, released], where);
      for (const { event, built } of story.copies)
        if (built !== null) {
          assert.equal(built.event, builtBy(event), `${where}, copy in event ${event}`);
          looked++;
        }
    }
  }
  return looked;
}

test("random traces of every family: what is searched by halves is what a look at every event finds", () => {
  let looked = 0;
  for (const [i, profile] of profiles.entries()) {
    for (let run = 0; run < 12; run++) {
      const seed = 1000 * i + run;
      const setting = settingOf(seed, [profile], kernelChoices);
      const trace = readStory(generate(seed, setting), setting.profile);
      if (trace.events.count > 0) looked += agrees(trace, new Dice(seed), 6, `${setting.profile.id} ${seed}`);
    }
  }
  assert.ok(looked > 100, `${looked} copies had a state that something built`);
});

test("the same on a long trace, beyond snapshots", () => {
  assert.ok(agrees(longTrace(6000, 0.02, 7), new Dice(3), 12, "long") > 5);
});
