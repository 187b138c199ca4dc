import { writeCapture, shapes, smallPackets } from "./captures.ts";
console.time("w"); writeCapture("/tmp/h8/cap", shapes.clean, 1); writeCapture("/tmp/h8/cap", shapes.lossy, 2); console.timeEnd("w");
console.time("w"); writeCapture("/tmp/h8/cap", smallPackets(1e6), 3);console.timeEnd("w");
