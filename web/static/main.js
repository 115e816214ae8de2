// On every page: times in the viewer's zone, and ages that count on by the monotonic clock.
import { showTimes } from "./times.js";
import { countAges } from "./ages.js";

showTimes(document);
countAges();
