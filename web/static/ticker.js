// A worker that ticks each second: browsers slow the timers of hidden pages to one a minute, but not a worker's.
setInterval(() => postMessage(null), 1000);
