// core/bugs: the catalogue of bugs: a row each, the rule that it gets wrong.

import type { Bug } from "./bug.ts";

import { chelsioBugs } from "./chelsio.ts";
import { deviceBugs } from "./devices.ts";
import { kernelBugs } from "./kernel.ts";
import { mlx5Bugs } from "./mlx5.ts";

/** Every bug with a name: `profile=connectx/unfenced-params` is a ConnectX that has it. */
export const bugs: readonly Bug[] = [...kernelBugs, ...mlx5Bugs, ...deviceBugs, ...chelsioBugs];

export const bugNamed = (name: string): Bug | null => bugs.find((bug) => bug.name === name) ?? null;
