// On every page: times in the viewer's zone, ages that count on by the monotonic clock, and text that outlives a sign-in.
import { showTimes } from "./times.js";
import { countAges } from "./ages.js";
import { keepTyped } from "./keep.js";

showTimes(document);
countAges();
keepTyped();
