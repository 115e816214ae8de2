// Runs only in browsers that know no modules, so it is written as those understand it.
document.addEventListener("DOMContentLoaded", function () {
  var notice = document.getElementById("old-browser");
  if (notice) notice.removeAttribute("hidden");
});
