import assert from "node:assert/strict";
import { test } from "node:test";
import { parseKeyLogs } from "../keys/key-log.ts";
import { Sessions } from "./sessions.ts";

/** A connection: the digit of its client random, the sessions that it resumes and those that it names. */
type Connection = readonly [random: string, resumed: string, given: string];

const randomOf = (digit: string) => digit.repeat(64);
const line = (random: string, secret: string) => `CLIENT_RANDOM ${randomOf(random)} ${secret.repeat(96)}`;

/** Every order of some things. */
const orders = <T>(things: readonly T[]): T[][] =>
  things.length === 0
    ? [[]]
    : things.flatMap((thing) =>
        orders(things.filter((other) => other !== thing)).map((rest) => [thing, ...rest]),
      );

// Which connections' lines of the key log may be the last connection's, by the rules of RFC 5246 §7.3 and RFC 5077 §3.
const cases: readonly [what: string, connections: Connection[], lines: [string, string][], found: string][] =
  [
    [
      "its own line",
      [
        ["1", "", "a"],
        ["2", "a", "a"],
      ],
      [
        ["1", "e"],
        ["2", "f"],
      ],
      "2",
    ],
    [
      "a session id's first connection",
      [
        ["1", "", "a"],
        ["2", "a", "a"],
      ],
      [["1", "e"]],
      "1",
    ],
    [
      "another that resumed it",
      [
        ["1", "", "a"],
        ["2", "a", "a"],
        ["3", "a", "a"],
      ],
      [["2", "e"]],
      "2",
    ],
    [
      "a chain of renewed tickets",
      [
        ["1", "", "a"],
        ["2", "a", "b"],
        ["3", "b", "c"],
        ["4", "c", "d"],
      ],
      [["1", "e"]],
      "1",
    ],
    [
      "a chain's one secret under two lines",
      [
        ["1", "", "a"],
        ["2", "a", "b"],
        ["3", "b", "c"],
      ],
      [
        ["2", "e"],
        ["1", "e"],
      ],
      "1",
    ],
    [
      "two servers that give the same id",
      [
        ["1", "", "a"],
        ["2", "", "a"],
        ["3", "a", "a"],
      ],
      [
        ["1", "e"],
        ["2", "f"],
      ],
      "12",
    ],
    [
      "no line of that session",
      [
        ["1", "", "a"],
        ["2", "", "b"],
        ["3", "b", "b"],
      ],
      [["1", "e"]],
      "",
    ],
    [
      "one that begins a session",
      [
        ["1", "", "a"],
        ["2", "a", "a"],
        ["3", "", "a"],
      ],
      [["1", "e"]],
      "",
    ],
    [
      "tickets that go round in a circle",
      [
        ["1", "b", "a"],
        ["2", "a", "b"],
        ["3", "b", "b"],
      ],
      [["2", "e"]],
      "2",
    ],
  ];

test("the secret of a session is found by its names, in whichever order its connections are learned", () => {
  for (const [what, connections, lines, found] of cases) {
    const { log } = parseKeyLogs([lines.map(([random, secret]) => line(random, secret)).join("\n")]);
    const askings = connections.map(([random, resumed, given]) => ({
      clientRandom: randomOf(random),
      names: { resumed: [...resumed], given: [...given] },
    }));
    for (const order of orders(askings)) {
      const sessions = new Sessions();
      for (const asking of order) {
        sessions.learn(askings.indexOf(asking), [asking], log);
        sessions.keyedBy(askings.at(-1)!, log);
      }
      assert.deepEqual(sessions.keyedBy(askings.at(-1)!, log), [...found].map(randomOf), what);
    }
  }
});

test("what a connection's hellos said before they were whole no longer counts", () => {
  const { log } = parseKeyLogs([line("1", "e")]);
  const sessions = new Sessions();
  const resuming = { clientRandom: randomOf("2"), names: { resumed: ["a"], given: [] } };
  sessions.learn(0, [{ clientRandom: randomOf("1"), names: { resumed: [], given: ["a"] } }], log);
  assert.deepEqual(sessions.keyedBy(resuming, log), [randomOf("1")]);
  sessions.learn(0, [{ clientRandom: randomOf("1"), names: { resumed: [], given: ["b"] } }], log);
  assert.deepEqual(sessions.keyedBy(resuming, log), []);
});
