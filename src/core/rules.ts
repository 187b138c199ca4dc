import { bugs } from "./bugs/catalogue.ts";
import { imaginedBugs } from "./bugs/imagined.ts";
import { rightDriver } from "./driver/rules.ts";
import { rightKernel } from "./kernel/rules.ts";
import type { Rules } from "./machine/socket.ts";
import { rightNic } from "./nic/rules.ts";

/** What kernel, driver and NIC do where nothing is broken. */
export const rightRules: Rules = { ...rightKernel, ...rightDriver, ...rightNic };

const known = [...bugs, ...imaginedBugs];

/** The rules that hold where these bugs are, in whatever order they are named; a name that is none of the catalogue's changes nothing. */
export function rulesOf(faults: readonly string[]): Rules {
  let rules = rightRules;
  for (const bug of known) if (faults.includes(bug.name)) rules = { ...rules, ...bug.rules(rules) };
  return rules;
}
