import type { Raw } from "../view/value.ts";
import type { View } from "../view/view.ts";

/** Gives a value where a view stands. Throws UserError where an operator is given what it cannot take. */
export type Evaluator = (view: View) => Raw;
