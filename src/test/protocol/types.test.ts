import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolTypes } from "./types.ts";

const types = new ProtocolTypes();
const response = { seq: 1, type: "response", request_seq: 1, success: true, command: "threads" };

test("what is wrong with a message is told with its place", () => {
  const cases: [string, unknown, string[]][] = [
    ["ThreadsResponse", { ...response, body: { threads: [{ id: 1, name: "a" }] } }, []],
    ["ThreadsResponse", response, ["ThreadsResponse: there is no body"]],
    [
      "ThreadsResponse",
      { ...response, body: { threads: [{ id: "1", name: "a" }] } },
      ['ThreadsResponse.body.threads[0].id: "1" is no number'],
    ],
    [
      "ThreadsResponse",
      { ...response, body: { threads: [{ id: 1, name: "a", colour: 3 }] } },
      ["ThreadsResponse.body.threads[0]: the protocol knows no colour"],
    ],
    [
      "ThreadsResponse",
      { ...response, body: { threads: {} } },
      ["ThreadsResponse.body.threads: {} is no list"],
    ],
    // A name that the declarations give, a union of words, and an optional value that may be null.
    ["DisassembledInstruction", { address: "0x1", instruction: "", presentationHint: "invalid" }, []],
    [
      "DisassembledInstruction",
      { address: "0x1", instruction: "", presentationHint: "bold" },
      [
        "DisassembledInstruction.presentationHint: \"bold\" is not 'normal' or DisassembledInstruction.presentationHint: \"bold\" is not 'invalid'",
      ],
    ],
    ["ExceptionInfoResponse", { ...response, body: { exceptionId: "x", breakMode: "always" } }, []],
    [
      "ExceptionInfoResponse",
      { ...response, body: { exceptionId: "x", breakMode: "often" } },
      [
        ["never", "always", "unhandled", "userUnhandled"]
          .map((word) => `ExceptionInfoResponse.body.breakMode: "often" is not '${word}'`)
          .join(" or "),
      ],
    ],
    ["DataBreakpointInfoResponse", { ...response, body: { dataId: null, description: "" } }, []],
    ["NoSuchResponse", {}, ["NoSuchResponse: {} is no NoSuchResponse"]],
  ];
  for (const [name, value, problems] of cases) assert.deepEqual(types.problems(name, value), problems, name);
});
