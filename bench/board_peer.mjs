// Node's socket.io under measurement, with its defaults and websockets only. Prints its port, then emits one event
// to the room for each line on stdin, and ends with stdin. Run from the folder that has its node_modules.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Server } = createRequire(`${process.cwd()}/package.json`)("socket.io");
const padding = "x".repeat(418);
const http = createServer();
const board = new Server(http, { transports: ["websocket"] }).of("/board");

board.on("connection", (socket) => socket.join("clinic"));
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log(http.address().port));

createInterface({ input: process.stdin })
  .on("line", () => board.to("clinic").emit("board.changed", { at: String(process.hrtime.bigint()), row: padding }))
  .on("close", () => process.exit());
