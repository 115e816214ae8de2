// A page whose script did not arrive, because the network changed while it loaded, says nothing and does nothing: load it
// again, once in a while. Not a module, since modules are what did not arrive.
addEventListener("error", (event) => {
  if (!(event.target instanceof HTMLScriptElement)) return;
  const since = Date.now() - Number(sessionStorage.getItem("loaded-again"));
  if (since < 10000) return;
  sessionStorage.setItem("loaded-again", String(Date.now()));
  location.reload();
}, true);
